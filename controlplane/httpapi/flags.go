package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func flagDocument(f controlplane.Flag) apiclient.Flag {
	return apiclient.Flag{Flag: f.Flag, FlagInfo: apiclient.FlagInfo{
		Version: f.Version, Revision: f.Revision, Created: f.Created, Updated: f.Updated, UpdatedBy: f.UpdatedBy, State: f.State,
		LastEvaluated: f.LastEvaluated, Evaluations: f.Evaluations, Stale: f.Stale, Warnings: apiclient.Problems(f.Warnings),
	}}
}

// answerFlag writes the response to a change of a flag.
func (x *call) answerFlag(r controlplane.WriteResult, err error) error {
	if err != nil {
		return err
	}
	d := flagDocument(r.Flag)
	d.Enabled, d.Changed, d.Warnings = &r.Enabled, &r.Changed, apiclient.Problems(r.Warnings)
	x.Response().Header()["Etag"] = []string{`"` + r.Flag.Version + `"`}
	status := http.StatusOK
	if r.Created {
		status = http.StatusCreated
	}
	return x.answer(status, d)
}

func (x *call) listFlags() error {
	p := x.params()
	q := controlplane.FlagQuery{
		Search: p.text("search"), Tag: p.text("tag"), Prefix: p.text("prefix"), Owner: p.text("owner"),
		State:  controlplane.State(p.choice("state", "on", "partial", "off", "killed")),
		Stale:  p.age("stale"),
		Sort:   p.choice("sort", "key", "-key", "updated", "-updated", "last_evaluated", "-last_evaluated", "state", "-state"),
		Cursor: p.text("cursor"),
		Limit:  int(p.number("limit", 1000)),
	}
	q.OnlyStale = q.Stale > 0
	if err := p.err(); err != nil {
		return err
	}
	page, err := x.service().ListFlags(x.context(), x.env, q)
	if err != nil {
		return err
	}
	d := apiclient.FlagPage{Flags: make([]apiclient.Flag, len(page.Flags)), Next: page.Next, Total: page.Total, Revision: page.Revision}
	for i, f := range page.Flags {
		d.Flags[i] = flagDocument(f)
	}
	return x.answer(http.StatusOK, d)
}

func (x *call) getFlag() error {
	if err := x.params().err(); err != nil {
		return err
	}
	f, err := x.service().GetFlag(x.context(), x.env, x.param("key"))
	if err != nil {
		return err
	}
	if x.tag(f.Version) {
		return nil
	}
	return x.answer(http.StatusOK, flagDocument(f))
}

var (
	ofPutFlag    = append(ofWrite[:len(ofWrite):len(ofWrite)], apiclient.FlagInfoFields...)
	ofPutSegment = append(ofWrite[:len(ofWrite):len(ofWrite)], apiclient.SegmentInfoFields...)
)

func (x *call) putFlag() error {
	data, err := x.body(nil)
	if err != nil {
		return err
	}
	f, problems := flagset.ParseFlag(data, ofPutFlag...)
	if len(flagset.Errors(problems)) > 0 && len(f.Gates) > 0 {
		f.Key = x.param("key")
		problems = flagset.Join(problems, flagset.ValidateFlag(&f)) // everything that is wrong, at once
	}
	if err := unreadable("flag", problems); err != nil {
		return err
	}
	if err := sameKey(&f.Key, x.param("key"), "flag"); err != nil {
		return err
	}
	o, err := x.writing(data)
	if err != nil {
		return err
	}
	return x.answerFlag(x.service().PutFlag(x.context(), x.env, f, o))
}

// sameKey fills in a document's key from the path. It refuses a document with another key.
func sameKey(key *string, path, noun string) error {
	if *key == "" {
		*key = path
	}
	if *key != path {
		return unreadableAt(noun, "/key", "the document's key is "+quote(*key)+", but the path names "+quote(path), "leave the key out, or make them match")
	}
	return nil
}

func (x *call) deleteFlag() error {
	_, o, err := x.deleting()
	if err != nil {
		return err
	}
	if _, err := x.service().DeleteFlag(x.context(), x.env, x.param("key"), o); err != nil {
		return err
	}
	return x.nothing()
}

// verb reads the body of a verb with the verb's parser, and calls the verb.
func verb[T any](x *call, parse func([]byte, ...string) (T, []flagset.Problem), do func(T, controlplane.WriteOptions) (controlplane.WriteResult, error)) error {
	data, err := x.body(nil)
	if err != nil {
		return err
	}
	body, problems := parse(data, ofWrite...)
	if blank(data) {
		return unreadableAt(x.route.noun(), "", "the body is empty", "send {} to mean everybody")
	}
	if err := unreadable(x.route.noun(), problems); err != nil {
		return err
	}
	o, err := x.writing(data)
	if err != nil {
		return err
	}
	return x.answerFlag(do(body, o))
}

func (x *call) enable() error {
	return verb(x, flagset.ParseScope, func(s flagset.Scope, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return x.service().Enable(x.context(), x.env, x.param("key"), s, o)
	})
}

func (x *call) disable() error {
	return verb(x, flagset.ParseScope, func(s flagset.Scope, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return x.service().Disable(x.context(), x.env, x.param("key"), s, o)
	})
}

func (x *call) clear() error {
	return verb(x, flagset.ParseRemoval, func(s flagset.Removal, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return x.service().Clear(x.context(), x.env, x.param("key"), s, o)
	})
}

func (x *call) putVariants() error {
	return verb(x, flagset.ParseVariants, func(v []flagset.Variant, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return x.service().PutVariants(x.context(), x.env, x.param("key"), v, o)
	})
}

// plain reads a verb's body that is a small document. If optional is set, the body may be missing: someone killing a flag is in a hurry.
// Why: RATIONALE.md "Why does `enable` need a body, and `kill` none?"
func plain[T any](x *call, optional bool) (T, controlplane.WriteOptions, error) {
	var d T
	data, err := x.body(nil)
	if err == nil && optional && blank(data) {
		data = []byte("{}")
	}
	if err == nil {
		err = x.decode(data, &d)
	}
	if err != nil {
		return d, controlplane.WriteOptions{}, err
	}
	o, err := x.writing(data)
	return d, o, err
}

func (x *call) kill() error {
	d, o, err := plain[struct {
		written
		OffVariant *string `json:"off_variant"`
	}](x, true)
	if err != nil {
		return err
	}
	return x.answerFlag(x.service().Kill(x.context(), x.env, x.param("key"), d.OffVariant, o))
}

func (x *call) revive() error {
	_, o, err := plain[written](x, true)
	if err != nil {
		return err
	}
	return x.answerFlag(x.service().Revive(x.context(), x.env, x.param("key"), o))
}

type rollback struct {
	written
	Revision *int64 `json:"revision"`
}

// toRevision reads the body of a rollback.
func (x *call) toRevision() (int64, controlplane.WriteOptions, error) {
	d, o, err := plain[rollback](x, false)
	switch {
	case err != nil:
	case d.Revision == nil:
		err = unreadableAt(x.route.noun(), "/revision", `"revision" is missing`, "history lists the revisions")
	case *d.Revision < 0:
		err = unreadableAt(x.route.noun(), "/revision", "a revision must be 0 or more", "")
	default:
		return *d.Revision, o, nil
	}
	return 0, o, err
}

func (x *call) rollback() error {
	revision, o, err := x.toRevision()
	if err != nil {
		return err
	}
	return x.answerFlag(x.service().Rollback(x.context(), x.env, x.param("key"), revision, o))
}

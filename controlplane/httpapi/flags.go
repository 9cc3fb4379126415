package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// answerFlag writes the response to a change of a flag.
func (c *call) answerFlag(r controlplane.WriteResult, err error) error {
	if err != nil {
		return err
	}
	c.tellVersion(r.Flag.Version)
	c.tellRevision(r.Revision)
	status := http.StatusOK
	if r.Created {
		status = http.StatusCreated
	}
	return c.answer(status, r.Flag)
}

func (c *call) listFlags() error {
	p := c.params()
	q := controlplane.FlagQuery{
		Search: p.text("search"), Tag: p.text("tag"), Prefix: p.text("prefix"), Owner: p.text("owner"),
		State:  api.State(p.choice("state", "on", "partial", "off", "killed", "unreadable")),
		Stale:  p.age("stale"),
		Sort:   p.choice("sort", "key", "-key", "updated", "-updated", "last_evaluated", "-last_evaluated", "state", "-state"),
		Cursor: p.text("cursor"),
		Limit:  int(p.number("limit", 1000)),
	}
	q.OnlyStale = p.text("stale") != ""
	if err := p.err(); err != nil {
		return err
	}
	page, err := c.service().ListFlags(c.context(), c.env, q)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, page)
}

func (c *call) getFlag() error {
	if err := c.params().err(); err != nil {
		return err
	}
	f, err := c.service().GetFlag(c.context(), c.env, c.param("key"))
	if err != nil {
		return err
	}
	if c.tag(f.Version) {
		return nil
	}
	return c.answer(http.StatusOK, f)
}

var (
	putFlagNames    = append(writeMemberNames[:len(writeMemberNames):len(writeMemberNames)], api.FlagInfoFields...)
	putSegmentNames = append(writeMemberNames[:len(writeMemberNames):len(writeMemberNames)], api.SegmentInfoFields...)
)

func (c *call) putFlag() error {
	data, err := c.body(nil)
	if err != nil {
		return err
	}
	f, problems := flagset.ParseFlag(data, putFlagNames...)
	if len(flagset.Errors(problems)) > 0 && len(f.Gates) > 0 {
		f.Key = c.param("key")
		problems = flagset.Join(problems, flagset.ValidateFlag(&f)) // everything that is wrong, at once
	}
	if err := unreadable("flag", problems); err != nil {
		return err
	}
	if err := sameKey(&f.Key, c.param("key"), "flag"); err != nil {
		return err
	}
	o, err := c.optionsIn(data)
	if err != nil {
		return err
	}
	return c.answerFlag(c.service().PutFlag(c.context(), c.env, f, o))
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

func (c *call) deleteFlag() error {
	_, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	revision, err := c.service().DeleteFlag(c.context(), c.env, c.param("key"), o)
	if err != nil {
		return err
	}
	c.tellRevision(revision)
	return c.nothing()
}

// verb reads the body of a verb with the verb's parser, and calls the verb.
func verb[T any](c *call, parse func([]byte, ...string) (T, []flagset.Problem), do func(T, controlplane.WriteOptions) (controlplane.WriteResult, error)) error {
	data, err := c.body(nil)
	if err != nil {
		return err
	}
	body, problems := parse(data, writeMemberNames...)
	if blank(data) {
		return unreadableAt(c.route.noun, "", "the body is empty", "send {} to mean everybody")
	}
	if err := unreadable(c.route.noun, problems); err != nil {
		return err
	}
	o, err := c.optionsIn(data)
	if err != nil {
		return err
	}
	return c.answerFlag(do(body, o))
}

func (c *call) enable() error {
	return verb(c, flagset.ParseScope, func(s flagset.Scope, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return c.service().Enable(c.context(), c.env, c.param("key"), s, o)
	})
}

func (c *call) disable() error {
	return verb(c, flagset.ParseScope, func(s flagset.Scope, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return c.service().Disable(c.context(), c.env, c.param("key"), s, o)
	})
}

func (c *call) clear() error {
	return verb(c, flagset.ParseRemoval, func(s flagset.Removal, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return c.service().Clear(c.context(), c.env, c.param("key"), s, o)
	})
}

func (c *call) putVariants() error {
	return verb(c, flagset.ParseVariants, func(v []flagset.Variant, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		return c.service().PutVariants(c.context(), c.env, c.param("key"), v, o)
	})
}

// smallBody reads a verb's body that is a small document. If optional is set, the body may be missing: someone killing
// a flag is in a hurry.
// Why: RATIONALE.md "Why does `enable` need a body, and `kill` none?"
func smallBody[T any](c *call, optional bool) (T, controlplane.WriteOptions, error) {
	var d T
	data, err := c.body(nil)
	if err == nil && optional && blank(data) {
		data = []byte("{}")
	}
	if err == nil {
		err = c.decode(data, &d)
	}
	if err != nil {
		return d, controlplane.WriteOptions{}, err
	}
	o, err := c.optionsIn(data)
	return d, o, err
}

func (c *call) kill() error {
	d, o, err := smallBody[struct {
		writeMembers
		OffVariant *string `json:"off_variant"`
	}](c, true)
	if err != nil {
		return err
	}
	return c.answerFlag(c.service().Kill(c.context(), c.env, c.param("key"), d.OffVariant, o))
}

func (c *call) revive() error {
	_, o, err := smallBody[writeMembers](c, true)
	if err != nil {
		return err
	}
	return c.answerFlag(c.service().Revive(c.context(), c.env, c.param("key"), o))
}

type rollbackBody struct {
	writeMembers
	Revision *int64 `json:"revision"`
}

// toRevision reads the body of a rollback.
func (c *call) toRevision() (int64, controlplane.WriteOptions, error) {
	d, o, err := smallBody[rollbackBody](c, false)
	switch {
	case err != nil:
	case d.Revision == nil:
		err = unreadableAt(c.route.noun, "/revision", `"revision" is missing`, "history lists the revisions")
	case *d.Revision < 0:
		err = unreadableAt(c.route.noun, "/revision", "a revision must be 0 or more", "")
	default:
		return *d.Revision, o, nil
	}
	return 0, o, err
}

func (c *call) rollback() error {
	revision, o, err := c.toRevision()
	if err != nil {
		return err
	}
	return c.answerFlag(c.service().Rollback(c.context(), c.env, c.param("key"), revision, o))
}

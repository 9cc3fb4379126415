package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Draft is a change of an environment before it is committed. It is built on a state and checked against it, and
// committed only if that state is still current. If not, it is thrown away and built again.
type Draft struct {
	Base     *State
	Head     Head // the head after the change
	Replaced Replacements

	Intent      Intent
	Changes     []api.Change
	Warnings    []flagset.Problem
	introduced  []flagset.Problem
	ChangedHead bool // settings, description or existence changed

	// Bare says that many records change, so that neither they nor those before them should keep the documents that are read
	// or made here. Those take several times the memory of the record.
	Bare bool
}

// NewDraft returns a draft that changes nothing yet.
func NewDraft(st *State, now time.Time, i Intent) *Draft {
	return &Draft{Base: st, Head: st.Head.next(now), Intent: i}
}

// meta returns the metadata of a record that is written now.
func (d *Draft) meta(before *Record) Meta {
	m := Meta{Revision: d.Head.Revision, Created: d.Head.Time, Updated: d.Head.Time, By: d.Intent.By, OnBehalfOf: d.Intent.OnBehalfOf, Reason: cut(d.Intent.Reason)}
	if before != nil {
		m.Created = before.Meta.Created
	}
	return m
}

// mostReason is how many characters of a reason a record keeps: a line.
const mostReason = 100

func cut(reason string) string {
	if runes := []rune(reason); len(runes) > mostReason {
		return string(runes[:mostReason-1]) + "…"
	}
	return reason
}

// Put puts a document, and notes the problems that this introduces. If nothing differs it is not a change.
func (d *Draft) Put(doc document) error {
	if u := d.Base.UnreadableRecord(doc.kind(), doc.key()); u != nil {
		return u.Refusal()
	}
	before := d.Base.Record(doc.kind(), doc.key())
	r, refused, err := newRecord(doc, d.meta(before))
	if err != nil {
		return err
	}
	var known []flagset.Problem
	if before != nil && before.isWritten(r) {
		d.Warnings = few(append(d.Warnings, Warnings(r.Own)...))
		return nil
	}
	if before != nil {
		if d.Bare {
			before = before.bare()
		}
		if err := before.Read(); err != nil {
			return err
		}
		known = before.Own
		if same, err := r.same(before); same || err != nil {
			d.Warnings = few(append(d.Warnings, Warnings(before.Own)...))
			return err
		}
	}
	own := append(r.Own[:len(r.Own):len(r.Own)], refused...)
	d.introduced = few(append(d.introduced, flagset.Errors(flagset.Introduced(known, own))...))
	d.Warnings = few(append(d.Warnings, Warnings(own)...))
	c, err := compare(before, r)
	if err != nil {
		return err
	}
	d.Changes = append(d.Changes, c)
	if d.Bare {
		r = r.bare()
	}
	d.Replaced.Set(doc.kind(), r.Key(), r)
	return nil
}

// SortChanges sorts the changes so far by kind and key: those of the environment first, then those of segments.
func (d *Draft) SortChanges() {
	order := map[string]int{api.KindSegment: 1, api.KindFlag: 2}
	slices.SortStableFunc(d.Changes, func(a, b api.Change) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), strings.Compare(a.Key, b.Key))
	})
}

// Remove deletes an existing record.
func (d *Draft) Remove(r *Record) {
	d.Changes = append(d.Changes, whole(r, nil))
	d.Replaced.Set(r.Compiled.Kind, r.Key(), nil)
}

// Renew gives the environment a new lineage.
func (d *Draft) Renew() { d.Head.Lineage, d.ChangedHead = Random(16), true }

// Note adds a change of something that is no record, with its documents before and after; nil for none. The draft takes
// the change's key.
func (d *Draft) Note(c api.Change, before, after map[string]any) (err error) {
	if before != nil {
		if c.Before, err = MarshalPlain(before); err != nil {
			return err
		}
	}
	if after != nil {
		if c.After, err = MarshalPlain(after); err != nil {
			return err
		}
	}
	d.Intent.Key = c.Key
	d.Changes = append(d.Changes, c)
	return nil
}

// changeHead changes the settings and the description.
func (d *Draft) changeHead(settings flagset.Settings, description string) error {
	if settings.GroupConflict == "" {
		settings.GroupConflict = flagset.DenyWins
	}
	was := EnvironmentDocument(&d.Base.Head)
	d.Head.Conflict, d.Head.Description = string(settings.GroupConflict), description
	is := EnvironmentDocument(&d.Head)
	for name := range is {
		if string(was[name]) == string(is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	if len(is) == 0 {
		return nil
	}
	c := api.Change{Kind: api.KindEnvironment, Key: d.Base.Env, Op: api.OpUpdate}
	var err error
	if c.Before, err = MarshalPlain(was); err != nil {
		return err
	}
	if c.After, err = MarshalPlain(is); err != nil {
		return err
	}
	d.Changes = append(d.Changes, c)
	d.ChangedHead, d.Head.SettingsRevision, d.Head.Updated = true, d.Head.Revision, d.Head.Time
	return nil
}

// EnvironmentDocument returns what the audit records of a head.
func EnvironmentDocument(h *Head) members {
	conflict, _ := MarshalPlain(h.Conflict)
	description, _ := MarshalPlain(h.Description)
	return members{"group_conflict": conflict, "description": description}
}

// Empty reports whether the draft changes nothing.
func (d *Draft) Empty() bool { return d.Replaced.Len() == 0 && !d.ChangedHead }

// Check validates the whole set after the change. If tolerant is set, problems are only warnings.
func (d *Draft) Check(tolerant bool) error {
	after := d.After()
	if err := after.CheckSize(); err != nil {
		return err
	}
	if err := d.checkUsers(after); err != nil && !tolerant {
		return err
	}
	problems := d.introduced
	var references []flagset.Problem
	if after.references != d.Base.references {
		references = flagset.Introduced(d.Base.ReferenceProblems(), after.ReferenceProblems())
	}
	for _, p := range references {
		p = d.place(p)
		if p.Missing && d.Intent.AllowMissing {
			p.Severity, p.Hint = flagset.Warning, ""
			d.Warnings = append(d.Warnings, p)
			continue
		}
		problems = append(problems, p)
	}
	if tolerant {
		for _, p := range few(problems) {
			p.Severity = flagset.Warning
			if !slices.Contains(d.Warnings, p) {
				d.Warnings = append(d.Warnings, p)
			}
		}
		return nil
	}
	return Invalid(d.what(), problems)
}

// place points a problem between flags into the document of a flag that is being written. The check has only seen the
// gates that refer to other flags or segments.
func (d *Draft) place(p flagset.Problem) flagset.Problem {
	if r := d.Replaced[snapshot.FlagRecord][p.Flag]; r != nil && r.Read() == nil {
		f := r.Flag()
		return Placed(&f, p)
	}
	return p
}

// checkUsers refuses to delete what other flags need.
func (d *Draft) checkUsers(after *State) error {
	for kind, gate := range gateOf {
		for key, r := range d.Replaced[kind] {
			if r != nil {
				continue
			}
			if keys := Users(after.Flags, gate, key); len(keys) > 0 {
				return inUse(kindName(snapshot.Kind(kind))+" "+key, keys)
			}
		}
	}
	return nil
}

// gateOf is the type of the gates that need a record of each kind.
var gateOf = [...]flagset.GateType{snapshot.FlagRecord: flagset.Prerequisite, snapshot.SegmentRecord: flagset.SegmentGate}

// what names the changed thing in a sentence.
func (d *Draft) what() string {
	switch {
	case d.Intent.Key == "":
		return "the change"
	case d.Replaced[snapshot.SegmentRecord][d.Intent.Key] != nil:
		return "the segment"
	}
	return "the flag"
}

// Warnings returns the problems as warnings.
func Warnings(problems []flagset.Problem) []flagset.Problem {
	var list []flagset.Problem
	for _, p := range problems {
		p.Severity = flagset.Warning
		list = append(list, p)
	}
	return list
}

// few cuts problems to those that are shown, and one more if there are more. A large import may have one for each gate.
func few(problems []flagset.Problem) []flagset.Problem {
	return problems[:min(len(problems), flagset.MaxProblems+1)]
}

// After returns the state after the draft. A dry run doesn't change the revision.
func (d *Draft) After() *State {
	if d.Empty() {
		return d.Base
	}
	h := d.Head
	if d.Intent.DryRun {
		h.Revision = d.Base.Head.Revision
	}
	return d.Base.With(h, d.Base.HeadAt, d.Base.At, d.Replaced)
}

// maxDescription bounds an environment's description, in bytes.
const maxDescription = flagset.MaxTextBytes

// SetSettings checks and sets settings and description.
func (d *Draft) SetSettings(settings flagset.Settings, description string) error {
	switch settings.GroupConflict {
	case "", flagset.DenyWins, flagset.AllowWins:
	default:
		return InvalidAt("/settings/group_conflict", fmt.Sprintf("%.40q is not a setting for group conflicts", string(settings.GroupConflict)), "it is deny_wins or allow_wins")
	}
	if len(description) > maxDescription {
		return InvalidAt("/description", fmt.Sprintf("%d bytes exceed the limit of %d", len(description), maxDescription), "")
	}
	if problem := flagset.ControlProblem(description, "\n\t"); problem != "" {
		return InvalidAt("/description", problem, "")
	}
	return d.changeHead(settings, strings.ToValidUTF8(description, "�"))
}

// Prune deletes the records that keep doesn't select.
func (d *Draft) Prune(keep func(*Record) bool) {
	for r := range d.Base.Records() {
		if !keep(r) {
			d.Remove(r)
		}
	}
}

// ReplaceWith puts records of another state, and deletes all others if prune says so.
func (d *Draft) ReplaceWith(source *State, records []*Record, prune bool) error {
	if err := source.Readable(); err != nil && prune {
		return err // what can't be read would be taken for what isn't there
	}
	d.Bare = true
	for _, r := range records {
		r = r.bare()
		if err := r.Read(); err != nil {
			return err
		}
		if err := d.Put(r.document); err != nil {
			return err
		}
	}
	if prune {
		d.Prune(func(r *Record) bool { return source.Record(r.Compiled.Kind, r.Key()) != nil })
	}
	return nil
}

// Placed points a problem, which was found among only the gates that refer to others, into the flag's whole document.
func Placed(f *flagset.Flag, p flagset.Problem) flagset.Problem {
	for i := range f.Gates {
		if p.Gate != "" && f.Gates[i].Slot() == p.Gate {
			p.Pointer = "/gates/" + strconv.Itoa(i) + "/target"
			break
		}
	}
	return p
}

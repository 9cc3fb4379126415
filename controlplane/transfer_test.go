package controlplane_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// manyFlags returns a set of flags, each of which is on for a different actor.
func manyFlags(n int) flagset.Set {
	var set flagset.Set
	for i := range n {
		set.Flags = append(set.Flags, flagset.Flag{Key: fmt.Sprintf("f%05d", i), Gates: []flagset.Gate{
			{Type: flagset.Actor, Target: fmt.Sprint("u", i), Enabled: true},
		}})
	}
	return *set.Canonical()
}

func keys(t *testing.T, db store.Store, prefix string) int {
	t.Helper()
	page, err := db.Read(t.Context(), store.Range{From: prefix, To: prefix + "~", KeysOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Entries)
}

func TestImportIsOneRevisionHoweverLarge(t *testing.T) {
	db := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "kept", flagset.Scope{}, by))
	set := manyFlags(600) // far more than a transaction takes
	dry := must[api.Difference](t)(s.Import(ctx, env, set, api.Import{}, controlplane.WriteOptions{By: "ada", DryRun: true}))
	if dry.Written || len(dry.Changes) != 600 || dry.Revision != 2 {
		t.Fatalf("dry run: written %v, %d changes, revision %d", dry.Written, len(dry.Changes), dry.Revision)
	}
	done := must[api.Difference](t)(s.Import(ctx, env, set, api.Import{}, by))
	if !done.Written || done.Revision != 3 || len(done.Changes) != 600 {
		t.Fatalf("written %v, %d changes, revision %d", done.Written, len(done.Changes), done.Revision)
	}
	if !enabled(t, s, "f00599", "u599", api.At{}) || !enabled(t, s, "kept", "x", api.At{}) {
		t.Error("a flag is not what it should be")
	}
	again := must[api.Difference](t)(s.Import(ctx, env, set, api.Import{}, by))
	if again.Written || len(again.Changes) != 0 {
		t.Errorf("importing it once more changed %d", len(again.Changes))
	}
	if n := keys(t, db, "flag/"+env+"/"); n != 602 { // the old generation's flag is still there
		t.Errorf("%d flag keys", n)
	}
	s.Sweep(ctx)
	if n := keys(t, db, "flag/"+env+"/"); n != 601 {
		t.Errorf("%d flag keys after the sweep", n)
	}
	replica := open(t, controlplane.Config{Store: db})
	if export(t, replica, env, api.At{}) != export(t, s, env, api.At{}) {
		t.Error("a replica that starts now has another set")
	}
	// back to before it: as large a change.
	back := must[api.Difference](t)(s.RollbackEnvironment(ctx, env, 2, by))
	if len(back.Changes) != 600 || back.Revision != 4 {
		t.Errorf("rolling back: %d changes, revision %d", len(back.Changes), back.Revision)
	}
	if got := export(t, s, env, api.At{Revision: 3}); got != export(t, s, env, api.At{Revision: done.Revision}) || len(got) < 10_000 {
		t.Error("the import can't be rebuilt")
	}
	page := must[api.AuditPage](t)(s.History(ctx, env, "f00017", controlplane.AuditQuery{}))
	if len(page.Entries) != 2 || len(page.Entries[1].Changes) != 1 || page.Entries[1].Omitted != 599 {
		t.Errorf("history of one of them: %+v", page.Entries)
	}
	if page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: env})); page.Entries[1].Omitted != 500 {
		t.Errorf("the audit leaves out %d changes", page.Entries[1].Omitted)
	}
}

func TestImportAmongOtherWriters(t *testing.T) {
	db := memstore.New()
	s, other := open(t, controlplane.Config{Store: db}), open(t, controlplane.Config{Store: db})
	ctx := t.Context()
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 40 {
			if _, err := other.Enable(ctx, env, fmt.Sprint("own", i), flagset.Scope{}, by); err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
	})
	for i := range 4 {
		set := manyFlags(200 + 50*i)
		if _, err := s.Import(ctx, env, set, api.Import{}, by); err != nil {
			t.Errorf("import %d: %v", i, err)
		}
	}
	wg.Wait()
	e := must[api.Environment](t)(s.GetEnvironment(ctx, env))
	if e.Flags != 390 || e.Revision != 1+40+4 {
		t.Fatalf("%d flags at revision %d", e.Flags, e.Revision)
	}
	if a, b := export(t, s, env, api.At{}), export(t, other, env, api.At{}); a != b {
		t.Fatal("the replicas differ")
	}
	s.Sweep(ctx)
	if n := keys(t, db, "flag/"+env+"/"); n != 390 {
		t.Errorf("%d flag keys after the sweep", n)
	}
}

func TestImportOfWhatIsWrong(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	from := "yesterday"
	set := flagset.Set{Flags: []flagset.Flag{
		{Key: "child", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "missing", Enabled: true}}},
		{Key: "late", Gates: []flagset.Gate{{Type: flagset.Schedule, From: &from}}},
	}}
	_, err := s.Import(ctx, env, set, api.Import{}, by)
	want(t, err, api.Invalid)
	d := must[api.Difference](t)(s.Import(ctx, env, set, api.Import{Tolerant: true}, by))
	if len(d.Warnings) != 2 || !d.Written {
		t.Fatalf("warnings %+v", d.Warnings)
	}
	if enabled(t, s, "child", "u", api.At{}) || enabled(t, s, "late", "u", api.At{}) {
		t.Error("what is wrong does not fail closed")
	}
	// A write is refused only for problems that it introduces.
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "late", flagset.ForActor("u"), by))
	if f := must[api.Flag](t)(s.GetFlag(ctx, env, "late")); len(f.Warnings) != 1 {
		t.Errorf("warnings %+v", f.Warnings)
	}
	_, err = s.Enable(ctx, env, "late", flagset.Between("tomorrow", ""), by)
	want(t, err, api.Invalid)
	_, err = s.Import(ctx, env, flagset.Set{Flags: []flagset.Flag{{Key: "a"}, {Key: "a"}}}, api.Import{}, by)
	want(t, err, api.Invalid)
	_, err = s.Import(ctx, env, flagset.Set{Flags: []flagset.Flag{{Key: "a/b"}}}, api.Import{}, by)
	want(t, err, api.Invalid)
}

// Problems lead to the place in what was sent, whatever order it is stored in.
func TestProblemsAreWhereTheyWereSent(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	rule := func(pattern string) flagset.Gate {
		return flagset.Gate{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "a", Operator: "matches", Values: []any{pattern}}}}
	}
	ratio := 1.5
	f := flagset.Flag{Key: "f", Tags: []string{"b", "b", strings.Repeat("x", 5000), "a"}, Gates: []flagset.Gate{
		{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "b", Weight: flagset.Int(-1)}, {Name: "a", Weight: flagset.Int(1)}}},
		{Type: flagset.SegmentGate, Target: "none", Enabled: true}, rule("("), {Type: flagset.PercentageOfActors, Ratio: &ratio},
	}}
	want := []string{"/gates/0/variants/0/weight", "/gates/1/target", "/gates/2/constraints/0/values/0", "/gates/3/ratio", "/tags/2"}
	_, put := s.PutFlag(ctx, env, f, by)
	_, imported := s.Import(ctx, env, flagset.Set{Flags: []flagset.Flag{f}}, api.Import{}, by)
	preview := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: f}))
	warned := must[api.Difference](t)(s.Import(ctx, env, flagset.Set{Flags: []flagset.Flag{f}}, api.Import{Tolerant: true}, by))
	for what, problems := range map[string][]api.Problem{"put": refused(t, put), "import": refused(t, imported), "preview": preview.Problems, "warnings": warned.Warnings} {
		var got []string
		for _, p := range problems {
			got = append(got, p.Pointer)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func refused(t *testing.T, err error) []api.Problem {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return api.Problems(e.Problems)
}

func TestPruneAndCopy(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	pro := flagset.Constraint{Attribute: "plan", Operator: "eq", Values: []any{"pro"}}
	must[controlplane.SegmentResult](t)(s.PutSegment(ctx, env, flagset.Segment{Key: "seg", Constraints: []flagset.Constraint{pro}}, by))
	for _, key := range []string{"a", "b", "parent"} {
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, key, flagset.ForSegment("seg"), by))
	}
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "a", flagset.Requires("parent", true), by))
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "to"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, "to", "own", flagset.Scope{}, by))

	one := must[api.Difference](t)(s.Copy(ctx, "to", api.Copy{From: env, Flags: []string{"a"}}, by))
	var changed []string
	for _, c := range one.Changes {
		changed = append(changed, c.Kind+"/"+c.Key)
	}
	slices.Sort(changed)
	if !slices.Equal(changed, []string{"flag/a", "flag/parent", "segment/seg"}) {
		t.Errorf("copying a changed %q", changed)
	}
	preview := must[api.Difference](t)(s.Copy(ctx, "to", api.Copy{From: env, Prune: true}, controlplane.WriteOptions{By: "ada", DryRun: true}))
	if len(preview.Changes) != 2 || preview.Written { // + b, - own
		t.Errorf("the preview has %+v", preview.Changes)
	}
	must[api.Difference](t)(s.Copy(ctx, "to", api.Copy{From: env, Prune: true}, by))
	if export(t, s, "to", api.At{}) != export(t, s, env, api.At{}) {
		t.Error("the copy differs")
	}
	_, err := s.Copy(ctx, "to", api.Copy{From: env, Flags: []string{"missing"}}, by)
	want(t, err, api.NotFound)
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "clone", From: env}, by))
	if export(t, s, "clone", api.At{}) != export(t, s, env, api.At{}) {
		t.Error("the clone differs")
	}
	d := must[api.Difference](t)(s.Import(ctx, "to", flagset.Set{}, api.Import{Prune: true}, by))
	if len(d.Changes) != 4 {
		t.Errorf("importing nothing with prune deleted %d", len(d.Changes))
	}
}

// TestWhatIsGivenUpIsSwept checks that a change that broke off while it was staged leaves nothing once it is old
// enough.
func TestWhatIsGivenUpIsSwept(t *testing.T) {
	now, db := newClock(), &flaky{Store: memstore.New()}
	s, ctx := open(t, controlplane.Config{Store: db, Clock: now.Now}), t.Context()
	db.failAfter(3) // the stage and some of its parts
	short, cancel := db.until(ctx)
	_, err := s.Import(short, env, manyFlags(600), api.Import{}, by)
	cancel()
	want(t, err, api.Unavailable)
	db.failAfter(-1)
	if keys(t, db, "flag/"+env+"/") == 0 {
		t.Fatal("nothing was put in place, so the test shows nothing")
	}
	s.Sweep(ctx)
	if keys(t, db, "flag/"+env+"/") == 0 {
		t.Fatal("a change under way was swept")
	}
	now.turn(2 * controlplane.StageAge)
	s.Sweep(ctx)
	if n := keys(t, db, "flag/"+env+"/"); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(600), api.Import{}, by))
}

// TestDifferenceTellsWhatAnImportTells compares sets without a store and with one.
func TestDifferenceTellsWhatAnImportTells(t *testing.T) {
	everything, err := os.ReadFile("../engine/flagset/testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	whole := flagset.ReadDocument(everything).Set
	changed := *whole.Canonical()
	changed.Settings.GroupConflict = flagset.AllowWins
	changed.Flags = append(slices.Clone(changed.Flags[1:]), flagset.Flag{Key: "zzz_new", Owner: "web"})
	changed.Flags[0].Killed, changed.Flags[0].Gates = !changed.Flags[0].Killed, nil
	none := flagset.Set{Settings: flagset.Settings{GroupConflict: flagset.DenyWins}} // an import leaves settings that a set doesn't have
	sets := []flagset.Set{none, whole, *whole.Canonical(), changed, *changed.Sorted()}
	for i := range sets {
		for j := range sets {
			s, ctx := open(t, controlplane.Config{Store: memstore.New()}), t.Context()
			must[api.Difference](t)(s.Import(ctx, env, sets[i], api.Import{Prune: true, Tolerant: true}, by))
			told := must[api.Difference](t)(s.Import(ctx, env, sets[j], api.Import{Prune: true, Tolerant: true}, controlplane.WriteOptions{By: "ada", DryRun: true}))
			got := must[[]api.Change](t)(controlplane.Difference(&sets[i], &sets[j]))
			for k := range told.Changes {
				if told.Changes[k].Kind == api.KindEnvironment {
					told.Changes[k].Key = "" // a set has no name
				}
			}
			slices.SortFunc(told.Changes, inOrder)
			slices.SortFunc(got, inOrder)
			if !reflect.DeepEqual(got, told.Changes) && len(got)+len(told.Changes) > 0 {
				t.Errorf("from %d to %d: %+v\nan import tells %+v", i, j, got, told.Changes)
			}
		}
	}
}

func inOrder(a, b api.Change) int { return strings.Compare(a.Kind+"/"+a.Key, b.Kind+"/"+b.Key) }

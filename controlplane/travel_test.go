package controlplane_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// text returns a set in a form to compare.
func text(t testing.TB, set flagset.Set) string {
	t.Helper()
	data, err := set.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func export(t testing.TB, s *controlplane.Service, env string, at api.At) string {
	t.Helper()
	set, _, err := s.Export(t.Context(), env, at)
	if err != nil {
		t.Fatalf("export at %+v: %v", at, err)
	}
	return text(t, set)
}

// TestEveryRevisionCanBeRebuilt makes random changes of all kinds, remembers the result of each, and then reads the
// past.
func TestEveryRevisionCanBeRebuilt(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	now, ctx := newClock(), t.Context()
	s := open(t, controlplane.Config{Clock: now.Now})
	type moment struct {
		at   time.Time
		text string
	}
	history := map[int64]moment{}
	remember := func() int64 {
		set, revision, err := s.Export(ctx, env, api.At{})
		if err != nil {
			t.Fatal(err)
		}
		if _, known := history[revision]; !known {
			history[revision] = moment{now.Now(), text(t, set)}
		}
		return revision
	}
	last := remember()
	for i := range 120 {
		now.turn(time.Duration(1+random.IntN(10)) * time.Second)
		key := fmt.Sprint("f", random.IntN(6))
		allow := controlplane.WriteOptions{By: "ada", AllowMissing: true}
		switch random.IntN(9) {
		case 0:
			_, _ = s.Enable(ctx, env, key, flagset.Scope{}, allow)
		case 1:
			_, _ = s.Enable(ctx, env, key, flagset.ForActor(fmt.Sprint("u", random.IntN(5))), allow)
		case 2:
			_, _ = s.Disable(ctx, env, key, flagset.ForGroup(fmt.Sprint("g", random.IntN(3))), allow)
		case 3:
			_, _ = s.Clear(ctx, env, key, flagset.Removal{}, allow)
		case 4:
			_, _ = s.DeleteFlag(ctx, env, key, allow)
		case 5:
			_, _ = s.Kill(ctx, env, key, nil, allow)
		case 6:
			c := flagset.Constraint{Attribute: "n", Operator: "gt", Values: []any{int64(random.IntN(5))}}
			_, _ = s.PutSegment(ctx, env, flagset.Segment{Key: fmt.Sprint("s", random.IntN(2)), Constraints: []flagset.Constraint{c}}, allow)
		case 7:
			conflict := []flagset.GroupConflict{flagset.DenyWins, flagset.AllowWins}[random.IntN(2)]
			_, _ = s.UpdateEnvironment(ctx, env, api.EnvironmentChange{Settings: &flagset.Settings{GroupConflict: conflict}}, allow)
		case 8:
			set := flagset.Set{Flags: []flagset.Flag{{Key: "f0", Description: fmt.Sprint(i)}, {Key: "f9"}}}
			_, _ = s.Import(ctx, env, set, api.Import{Prune: random.IntN(2) == 0}, allow)
		}
		if i == 60 {
			if err := s.Checkpoint(ctx, env); err != nil {
				t.Fatal(err)
			}
		}
		last = remember()
	}
	if last < 30 {
		t.Fatalf("only %d changes were made", last)
	}
	for revision, m := range history {
		if got := export(t, s, env, api.At{Revision: revision}); got != m.text {
			t.Errorf("revision %d of %d\nwas  %s\nis   %s", revision, last, m.text, got)
		}
		if got := export(t, s, env, api.At{Time: m.at}); got != m.text {
			t.Errorf("at %v\nwas  %s\nis   %s", m.at, m.text, got)
		}
	}
	_, _, err := s.Export(ctx, env, api.At{Revision: last + 1})
	want(t, err, api.NotFound)
	_, _, err = s.Export(ctx, env, api.At{Time: newClock().Now().Add(-time.Hour)})
	want(t, err, api.Gone)
}

func TestDecisionsOfThePast(t *testing.T) {
	now, ctx := newClock(), t.Context()
	s := open(t, controlplane.Config{Clock: now.Now})
	now.turn(time.Minute)
	on := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	now.turn(time.Minute)
	off := must[controlplane.WriteResult](t)(s.Disable(ctx, env, "f", flagset.ForActor("u"), by))
	now.turn(time.Minute)
	must[int64](t)(s.DeleteFlag(ctx, env, "f", by))
	for _, c := range []struct {
		at   api.At
		want bool
	}{
		{api.At{Revision: on.Revision}, true},
		{api.At{Revision: off.Revision}, false},
		{api.At{}, false},
		{api.At{Time: on.Flag.Updated}, true},
		{api.At{Time: on.Flag.Updated.Add(30 * time.Second)}, true},
		{api.At{Time: off.Flag.Updated}, false},
	} {
		if got := enabled(t, s, "f", "u", c.at); got != c.want {
			t.Errorf("at %+v: %v", c.at, got)
		}
	}
	actor := "u"
	x := must[api.Explanation](t)(s.Explain(ctx, env, "f", api.Query{Actor: &actor, Revision: on.Revision}))
	if len(x.Steps) != 1 || x.Steps[0].Gate != "actor" || x.Steps[0].Outcome != "yes" || x.Revision != on.Revision {
		t.Errorf("explanation %+v", x)
	}
}

// TestRollbackBringsBackADeletedFlag with its gates, as a change like any other.
func TestRollbackBringsBackADeletedFlag(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	first := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	deleted := must[int64](t)(s.DeleteFlag(ctx, env, "f", by))
	back := must[controlplane.WriteResult](t)(s.Rollback(ctx, env, "f", first.Revision, by))
	if !back.Created || len(back.Flag.Gates) != 1 || back.Revision != deleted+1 || !enabled(t, s, "f", "u", api.At{}) {
		t.Errorf("brought back %+v", back)
	}
	_, err := s.Rollback(ctx, env, "f", deleted, by)
	want(t, err, api.NotFound) // it was not there then
}

func TestRollback(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	first := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("v"), by))
	must[controlplane.WriteResult](t)(s.Kill(ctx, env, "f", nil, by))
	back := must[controlplane.WriteResult](t)(s.Rollback(ctx, env, "f", first.Revision, by))
	if len(back.Flag.Gates) != 1 || back.Flag.Killed || back.Revision != first.Revision+3 {
		t.Fatalf("rolled back to %+v", back)
	}
	_, err := s.Rollback(ctx, env, "f", 1, by)
	want(t, err, api.NotFound) // it was not there then
	_, err = s.Rollback(ctx, env, "f", 100, by)
	want(t, err, api.NotFound)
	page := must[api.AuditPage](t)(s.History(ctx, env, "f", controlplane.AuditQuery{}))
	var actions []string
	for _, e := range page.Entries {
		actions = append(actions, e.Action)
	}
	if fmt.Sprint(actions) != "[flag.rollback flag.kill flag.enable flag.enable]" {
		t.Errorf("history %q", actions)
	}
}

func TestRetention(t *testing.T) {
	now, ctx := newClock(), t.Context()
	s := open(t, controlplane.Config{Clock: now.Now, AuditRetention: 24 * time.Hour})
	var revisions []int64
	texts := map[int64]string{}
	for i := range 10 {
		now.turn(6 * time.Hour)
		r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor(fmt.Sprint(i)), by))
		revisions = append(revisions, r.Revision)
		texts[r.Revision] = export(t, s, env, api.At{})
	}
	s.Sweep(ctx)
	page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: env}))
	if n := len(page.Entries); n != 4 {
		t.Fatalf("%d entries are left", n)
	}
	// Revisions within the retention can be rebuilt, and so can the one before the first of them.
	for _, revision := range revisions[5:] {
		if got := export(t, s, env, api.At{Revision: revision}); got != texts[revision] {
			t.Errorf("revision %d\nwas %s\nis  %s", revision, texts[revision], got)
		}
	}
	if got := export(t, s, env, api.At{Time: now.Now().Add(-23 * time.Hour)}); got != texts[revisions[5]] {
		t.Errorf("23 hours ago it was %s", got)
	}
	_, _, err := s.Export(ctx, env, api.At{Revision: revisions[4]})
	want(t, err, api.Gone)
	s.Sweep(ctx)
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("more"), by))

	s.RetainAudit(7 * time.Hour) // less than before: what is older goes
	s.Sweep(ctx)
	if page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: env})); len(page.Entries) != 3 {
		t.Errorf("%d entries are left of the last 7 hours", len(page.Entries))
	}
}

func TestAuditTimesNeverGoBack(t *testing.T) {
	now, ctx := newClock(), t.Context()
	s := open(t, controlplane.Config{Clock: now.Now})
	for i := range 5 {
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor(fmt.Sprint(i)), by))
		now.turn(-time.Hour)
	}
	page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: env}))
	for i := 1; i < len(page.Entries); i++ {
		if !page.Entries[i].Time.Before(page.Entries[i-1].Time) {
			t.Fatalf("entry %d is of %v, the one after it of %v", i, page.Entries[i].Time, page.Entries[i-1].Time)
		}
	}
}

package controlplane_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func listed(t *testing.T, s *controlplane.Service, q controlplane.FlagQuery) string {
	t.Helper()
	var keys []string
	for {
		page := must[api.FlagPage](t)(s.ListFlags(t.Context(), env, q))
		for _, f := range page.Flags {
			keys = append(keys, f.Key)
		}
		if page.Next == "" {
			if len(keys) != page.Total {
				t.Errorf("%+v: %d of %d flags", q, len(keys), page.Total)
			}
			return strings.Join(keys, " ")
		}
		q.Cursor = page.Next
	}
}

func TestListFlags(t *testing.T) {
	now := newClock()
	s, ctx := open(t, controlplane.Config{Clock: now.Now}), t.Context()
	put := func(f flagset.Flag) {
		now.turn(time.Second)
		must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, f, by))
	}
	on, off := flagset.Gate{Type: flagset.Boolean, Enabled: true}, flagset.Gate{Type: flagset.Boolean}
	some := flagset.Gate{Type: flagset.Actor, Target: "u", Enabled: true}
	put(flagset.Flag{Key: "shop.d", Gates: []flagset.Gate{on}, Tags: []string{"checkout"}, Owner: "ada"})
	put(flagset.Flag{Key: "shop.a", Gates: []flagset.Gate{off, some}, Description: "The New Cart"})
	put(flagset.Flag{Key: "c", Gates: []flagset.Gate{on}, Killed: true, Tags: []string{"checkout", "x"}})
	put(flagset.Flag{Key: "b", Gates: []flagset.Gate{off}, Owner: "bob"})
	for _, c := range []struct {
		q    controlplane.FlagQuery
		want string
	}{
		{controlplane.FlagQuery{}, "b c shop.a shop.d"},
		{controlplane.FlagQuery{Limit: 1}, "b c shop.a shop.d"},
		{controlplane.FlagQuery{Limit: 3, Sort: "-key"}, "shop.d shop.a c b"},
		{controlplane.FlagQuery{Sort: "updated"}, "shop.d shop.a c b"},
		{controlplane.FlagQuery{Sort: "-updated", Limit: 2}, "b c shop.a shop.d"},
		{controlplane.FlagQuery{Sort: "state"}, "shop.d shop.a b c"},
		{controlplane.FlagQuery{Prefix: "shop."}, "shop.a shop.d"},
		{controlplane.FlagQuery{Tag: "checkout"}, "c shop.d"},
		{controlplane.FlagQuery{Owner: "ada"}, "shop.d"},
		{controlplane.FlagQuery{Search: "new cart"}, "shop.a"},
		{controlplane.FlagQuery{Search: "CHECK"}, "c shop.d"},
		{controlplane.FlagQuery{State: api.StateKilled}, "c"},
		{controlplane.FlagQuery{State: api.StatePartial}, "shop.a"},
		{controlplane.FlagQuery{State: api.StateOff}, "b"},
	} {
		if got := listed(t, s, c.q); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	for _, q := range []controlplane.FlagQuery{{Sort: "size"}, {Cursor: "%"}} {
		_, err := s.ListFlags(ctx, env, q)
		want(t, err, api.Invalid)
	}
}

func TestUsageAndStaleFlags(t *testing.T) {
	now, store := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: store}), t.Context()
	for _, f := range []flagset.Flag{
		{Key: "used"}, {Key: "parent"}, {Key: "grandparent"}, {Key: "permanent", Permanent: true}, {Key: "old"}, {Key: "never"},
	} {
		must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, f, by))
	}
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "used", flagset.Requires("parent", true), by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "parent", flagset.Requires("grandparent", true), by))
	stale := controlplane.FlagQuery{OnlyStale: true, Stale: 30 * 24 * time.Hour}
	if got := listed(t, s, stale); got != "" {
		t.Errorf("flags that were just made are stale: %q", got)
	}
	report := func(s *controlplane.Service, key string, count int64) {
		t.Helper()
		want(t, s.ReportUsage(ctx, env, []controlplane.FlagUsage{{Flag: key, Last: now.Now(), Count: count}, {Flag: "unknown", Last: now.Now(), Count: 1}}), "")
	}
	report(s, "old", 3)
	now.turn(40 * 24 * time.Hour)
	report(s, "used", 5)
	if got := listed(t, s, stale); got != "never old" {
		t.Errorf("stale: %q", got)
	}
	s.WriteUsage(ctx)
	other := open(t, controlplane.Config{Clock: now.Now, Store: store})
	if got := listed(t, other, stale); got != "never old" {
		t.Errorf("stale on another replica: %q", got)
	}
	report(other, "used", 2)
	other.WriteUsage(ctx)
	report(s, "used", 1)
	s.WriteUsage(ctx)
	f := must[api.Flag](t)(other.GetFlag(ctx, env, "used"))
	for f.Evaluations != 8 { // it comes by the watch
		f = must[api.Flag](t)(other.GetFlag(ctx, env, "used"))
	}
	if !f.LastEvaluated.Equal(now.Now()) {
		t.Errorf("last evaluated %v", f.LastEvaluated)
	}
	if revision := must[api.Environment](t)(s.GetEnvironment(ctx, env)).Revision; revision != 9 {
		t.Errorf("usage moved the revision to %d", revision)
	}
	want(t, s.ReportUsage(ctx, env, []controlplane.FlagUsage{{Flag: "used", Count: -1}}), api.Invalid)
	want(t, s.ReportUsage(ctx, "nowhere", nil), api.NotFound)
	// A host whose clock is fast doesn't keep a flag fresh for longer.
	want(t, s.ReportUsage(ctx, env, []controlplane.FlagUsage{{Flag: "never", Last: now.Now().Add(1000 * time.Hour)}}), "")
	if f := must[api.Flag](t)(s.GetFlag(ctx, env, "never")); !f.LastEvaluated.Equal(now.Now()) {
		t.Errorf("last evaluated %v", f.LastEvaluated)
	}
}

func TestFailuresAreRecordedApart(t *testing.T) {
	now := newClock()
	s, ctx := open(t, controlplane.Config{Clock: now.Now}), t.Context()
	for range 50 {
		_, err := s.Enable(ctx, env, "f", flagset.ForActor(""), controlplane.WriteOptions{By: "eve", Reason: "why not"})
		want(t, err, api.Invalid)
	}
	list := must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{Environment: env, By: "eve"}))
	if len(list) != 20 {
		t.Fatalf("%d of 50 refusals are recorded", len(list))
	}
	if f := list[0]; f.Action != "flag.enable" || f.Key != "f" || f.Code != api.Invalid || f.Reason != "why not" || !f.Time.Equal(now.Now()) {
		t.Errorf("recorded %+v", f)
	}
	now.turn(time.Minute)
	s.RecordFailure(ctx, api.FailedWrite{Environment: env, By: "mallory", Action: "request", Code: api.Forbidden, Detail: "no"})
	s.RecordFailure(ctx, api.FailedWrite{Environment: "made up", By: "mallory", Action: "request", Code: api.Forbidden})
	list = must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{}))
	if len(list) != 22 || list[0].By != "mallory" || list[0].Suppressed+list[1].Suppressed != 30 {
		t.Errorf("%d recorded, the newest %+v", len(list), list[:2])
	}
	if e := must[api.Environment](t)(s.GetEnvironment(ctx, env)); e.Revision != 1 {
		t.Errorf("refusals moved the revision to %d", e.Revision)
	}
	for i := range 1100 {
		now.turn(time.Minute)
		s.RecordFailure(ctx, api.FailedWrite{Environment: env, By: "mallory", Action: "request", Detail: fmt.Sprint(i)})
	}
	s.Sweep(ctx)
	list = must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{Environment: env, Limit: 5000}))
	if len(list) != 1000 || list[0].Detail != "1099" {
		t.Errorf("%d are left after the sweep", len(list))
	}
}

func TestAuditQueries(t *testing.T) {
	now := newClock()
	s, ctx := open(t, controlplane.Config{Clock: now.Now}), t.Context()
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	for i := range 30 {
		now.turn(time.Minute)
		who := []string{"ada", "bob"}[i%2]
		where := []string{env, "e"}[i%3%2]
		must[controlplane.WriteResult](t)(s.Enable(ctx, where, fmt.Sprint("f", i%5), flagset.ForActor(fmt.Sprint(i)), controlplane.WriteOptions{By: who, Reason: fmt.Sprint("r", i)}))
	}
	count := func(q controlplane.AuditQuery) int {
		t.Helper()
		n, last := 0, time.Time{}
		for {
			page := must[api.AuditPage](t)(s.Audit(ctx, q))
			for _, e := range page.Entries {
				if !last.IsZero() && e.Time.After(last) {
					t.Errorf("%+v: %v came after %v", q, e.Time, last)
				}
				last = e.Time
			}
			n += len(page.Entries)
			if page.Next == "" {
				return n
			}
			q.Cursor = page.Next
		}
	}
	start := newClock().Now()
	for _, c := range []struct {
		q    controlplane.AuditQuery
		want int
	}{
		{controlplane.AuditQuery{}, 33},
		{controlplane.AuditQuery{Limit: 7}, 33},
		{controlplane.AuditQuery{Limit: 1, By: "ada"}, 16},
		{controlplane.AuditQuery{By: "bob"}, 15},
		{controlplane.AuditQuery{Environment: "e", Limit: 3}, 11},
		{controlplane.AuditQuery{Environments: []string{"e"}}, 11},
		{controlplane.AuditQuery{Flag: "f3", Limit: 2}, 6},
		{controlplane.AuditQuery{Environment: env, Flag: "f3"}, 4},
		{controlplane.AuditQuery{Action: "flag"}, 30},
		{controlplane.AuditQuery{Action: "flag.enable"}, 30},
		{controlplane.AuditQuery{Action: "token"}, 1},
		{controlplane.AuditQuery{Since: start.Add(10 * time.Minute), Until: start.Add(20 * time.Minute), Limit: 3}, 10},
	} {
		if got := count(c.q); got != c.want {
			t.Errorf("%+v: %d entries, want %d", c.q, got, c.want)
		}
	}
	_, err := s.Audit(ctx, controlplane.AuditQuery{Cursor: "?"})
	want(t, err, api.Invalid)
	entry := must[api.AuditEntry](t)(s.AuditEntryAt(ctx, env, 2))
	if entry.By != "ada" || entry.Reason != "r0" || len(entry.Changes) != 1 || len(entry.Changes[0].Lines) == 0 {
		t.Errorf("entry %+v", entry)
	}
}

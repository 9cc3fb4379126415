package controlplane_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestUsageHistory reports usage for a hundred days to two replicas, and reads it by hour and by day.
func TestUsageHistory(t *testing.T) {
	db := memstore.New()
	t.Cleanup(func() { _ = db.Close() })
	now := &clock{now: time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)}
	s := open(t, controlplane.Config{Store: db, Clock: now.Now})
	other := open(t, controlplane.Config{Store: db, Clock: now.Now})
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "a", flagset.Scope{}, by))
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "b", flagset.Scope{}, by))
	report := func(to *controlplane.Service, u controlplane.FlagUsage) {
		t.Helper()
		if err := to.ReportUsage(t.Context(), env, []controlplane.FlagUsage{u}); err != nil {
			t.Fatal(err)
		}
	}
	const days = 100
	for range days * 24 {
		report(s, controlplane.FlagUsage{Flag: "a", Count: 3, On: 2, Told: true})
		report(other, controlplane.FlagUsage{Flag: "a", Count: 1})
		s.WriteUsage(t.Context())
		other.WriteUsage(t.Context())
		now.turn(time.Hour)
		if now.Now().Hour() == 5 {
			s.Sweep(t.Context())
			other.Sweep(t.Context())
		}
	}
	report(s, controlplane.FlagUsage{Flag: "a", Count: 5, On: 5, Told: true}) // which isn't written yet
	hours := must[api.UsageHistory](t)(s.UsageHistory(t.Context(), env, "a", false))
	if len(hours.Counts) != 48 || hours.By != "hour" || !hours.From.Equal(now.Now().Truncate(time.Hour).Add(-47*time.Hour)) {
		t.Fatalf("%d hours by %s from %v", len(hours.Counts), hours.By, hours.From)
	}
	for i, n := range hours.Counts {
		want := api.UsageCount{Time: hours.From.Add(time.Duration(i) * time.Hour), On: 2, Off: 1, Rest: 1}
		if i == 47 {
			want.On, want.Off, want.Rest = 5, 0, 0
		}
		if n != want {
			t.Errorf("hour %d: %+v, want %+v", i, n, want)
		}
	}
	byDay := must[api.UsageHistory](t)(other.UsageHistory(t.Context(), env, "a", true))
	if len(byDay.Counts) != 90 || byDay.By != "day" {
		t.Fatalf("%d days by %s", len(byDay.Counts), byDay.By)
	}
	for i, n := range byDay.Counts[:89] {
		if n.On != 48 || n.Off != 24 || n.Rest != 24 {
			t.Errorf("day %d (%v): %+v", i, n.Time, n)
		}
	}
	none := must[api.UsageHistory](t)(s.UsageHistory(t.Context(), env, "b", true))
	for _, n := range none.Counts {
		if n.On+n.Off+n.Rest != 0 {
			t.Errorf("b: %+v", n)
		}
	}
	_, err := s.UsageHistory(t.Context(), env, "missing", false)
	want(t, err, api.NotFound)
	for prefix, most := range map[string]int{"hour/": 72 + 24, "day/": 90 + 1} {
		page, err := db.Read(t.Context(), store.Under(prefix))
		if err != nil || len(page.Entries) > most || len(page.Entries) < most-30 {
			t.Errorf("%d keys of %s, at most %d are kept: %v", len(page.Entries), prefix, most, err)
		}
	}

	must[api.Environment](t)(s.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "gone"}, by))
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), "gone", "a", flagset.Scope{}, by))
	if err := s.ReportUsage(t.Context(), "gone", []controlplane.FlagUsage{{Flag: "a", Count: 1}}); err != nil {
		t.Fatal(err)
	}
	s.WriteUsage(t.Context())
	want(t, s.DeleteEnvironment(t.Context(), "gone", "gone", by), "")
	s.Sweep(t.Context())
	if page, err := db.Read(t.Context(), store.Under("hour/gone/")); err != nil || len(page.Entries) > 0 {
		t.Errorf("a deleted environment has left %v, %v", page.Entries, err)
	}
}

func TestUsageIndex(t *testing.T) {
	now := &clock{now: time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)}
	s := open(t, controlplane.Config{Clock: now.Now})
	for _, key := range []string{"busy", "quiet", "never"} {
		must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, key, flagset.Scope{}, by))
	}
	permanent := flagset.Flag{Key: "permanent", Permanent: true}
	must[controlplane.WriteResult](t)(s.PutFlag(t.Context(), env, permanent, by))
	now.turn(31 * 24 * time.Hour)
	for _, n := range []int64{4, 0, 8} {
		if err := s.ReportUsage(t.Context(), env, []controlplane.FlagUsage{{Flag: "busy", Count: 100 * n, On: 50 * n, Told: true, Last: now.Now()}, {Flag: "quiet", Count: n / 4, Last: now.Now()}}); err != nil {
			t.Fatal(err)
		}
		now.turn(time.Hour)
	}
	x := must[api.UsageIndex](t)(s.UsageIndex(t.Context(), env, 0))
	zeros := strings.Repeat("0,", 20)
	if f := x.Flags["busy"]; f.Evaluations != 1200 || f.Spark != zeros+"10/5,0,20/10,0" || f.Stale || f.LastEvaluated.IsZero() {
		t.Errorf("busy: %+v", f)
	}
	if f := x.Flags["quiet"]; f.Evaluations != 3 || f.Spark != zeros+"1,0,2,0" || f.Stale {
		t.Errorf("quiet: %+v", f)
	}
	if f := x.Flags["never"]; f != (api.UsageIndexFlag{Stale: true}) {
		t.Errorf("never: %+v", f)
	}
	if f, listed := x.Flags["permanent"]; listed {
		t.Errorf("permanent: %+v", f)
	}
	longer := must[api.UsageIndex](t)(s.UsageIndex(t.Context(), env, 365*24*time.Hour))
	if f, listed := longer.Flags["never"]; listed {
		t.Errorf("never, within a year: %+v", f)
	}
	_, err := s.UsageIndex(t.Context(), "other", 0)
	want(t, err, api.NotFound)
}

// TestUsageOfManyFlags counts what 10,000 flags that are asked every hour take in the store.
func TestUsageOfManyFlags(t *testing.T) {
	const flags, mostHour = 10_000, 400_000
	db := memstore.New()
	t.Cleanup(func() { _ = db.Close() })
	now := &clock{now: time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)}
	s := open(t, controlplane.Config{Store: db, Clock: now.Now})
	must[api.Difference](t)(s.Import(t.Context(), env, manyFlags(flags), api.Import{}, by))
	chance := rand.New(rand.NewPCG(1, 2))
	var batch []controlplane.FlagUsage
	for _, f := range manyFlags(flags).Flags {
		n := chance.Int64N(10_000)
		batch = append(batch, controlplane.FlagUsage{Flag: f.Key, Count: n, On: chance.Int64N(n + 1), Told: true})
	}
	if err := s.ReportUsage(t.Context(), env, batch); err != nil {
		t.Fatal(err)
	}
	s.WriteUsage(t.Context())
	page, err := db.Read(t.Context(), store.Under("hour/"))
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, e := range page.Entries {
		size += len(e.Value)
	}
	t.Logf("%d keys, %d bytes an hour", len(page.Entries), size)
	if len(page.Entries) != 16 || size > mostHour {
		t.Errorf("%d keys, %d bytes an hour", len(page.Entries), size)
	}
	began := time.Now()
	x := must[api.UsageIndex](t)(s.UsageIndex(t.Context(), env, 0))
	t.Logf("the index of %d flags takes %v", len(x.Flags), time.Since(began))
	if got := must[api.UsageHistory](t)(s.UsageHistory(t.Context(), env, batch[0].Flag, false)).Counts[47]; got.On != batch[0].On || got.On+got.Off != batch[0].Count {
		t.Errorf("%+v, want %+v", got, batch[0])
	}
}

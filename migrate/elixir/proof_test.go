package elixir_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
	"github.com/gonfalon-flags/gonfalon/migrate/reference/vectors"
)

// make verify-imports sets both higher.
var (
	mostVectors = flag.Int("vectors", 300, "how many vectors are laid down in each store; 0 for all")
	mostActors  = flag.Int("actors", 10_000, "how many actors are asked for, for each library and store")
)

// TestVectorsInEveryStore lays down the flags of the vectors, each in a store of its own, moves them in, and expects
// the libraries' answers.
func TestVectorsInEveryStore(t *testing.T) {
	for _, kind := range elixirtest.Kinds {
		t.Run(kind, func(t *testing.T) {
			skipped, passed := map[string]int{}, 0
			for library, file := range vectors.Files {
				all := slices.Collect(vectors.Read(t, file))
				step := 1
				if *mostVectors > 0 {
					step = max(1, 6070 / *mostVectors)
				}
				for i := 0; i < len(all); i += step {
					v := &all[i]
					if why := cantHold(kind, library, v); why != "" {
						skipped[why]++
						continue
					}
					s := elixirtest.Open(t, kind, library, fmt.Sprintf("%s%d", library, v.ID))
					s.Put(v.Flags...)
					contents := read(t, s)
					s.Clear()
					if why := moved(t, contents, v, library); why != "" {
						skipped[why]++
						continue
					}
					passed++
				}
			}
			for _, why := range slices.Sorted(maps.Keys(skipped)) {
				t.Logf("skipped %d: %s", skipped[why], why)
			}
			if least := *mostVectors * 8 / 10; passed < least || passed == 0 {
				t.Errorf("only %d were compared", passed)
			}
			t.Logf("%d vectors are answered as the libraries answered", passed)
		})
	}
}

// cantHold returns why a store can't have a vector's flags; empty if it can.
func cantHold(kind string, library reference.Library, v *vectors.Vector) string {
	if len(v.Errors) > 0 {
		return "the library raises"
	}
	var sorted []reference.Flag
	for _, f := range v.Flags {
		slots := map[string]bool{}
		for _, g := range f.Gates {
			if slots[g.ID()] {
				return "two gates in one slot"
			}
			slots[g.ID()] = true
			if r := g.SQL(library, f.Name); kind != "redis" && kind != "sqlite" && r.Value != nil && len([]rune(*r.Value)) > 255 {
				return "a value over 255 characters"
			}
		}
		f.Gates = slices.Clone(f.Gates)
		slices.SortFunc(f.Gates, func(a, b reference.Gate) int { return strings.Compare(a.ID(), b.ID()) })
		sorted = append(sorted, f)
	}
	if a, err := reference.NewStore(sorted, library.Conflict()).Decide(v.Name, &v.Question); err != nil || a.Enabled != *v.Enabled {
		return "the order of prerequisites"
	}
	return ""
}

// moved moves a vector's flags in and asks. It returns why there is nothing to compare; empty if the answers are the
// same.
func moved(t *testing.T, contents migrate.Contents, v *vectors.Vector, library reference.Library) string {
	t.Helper()
	d := contents.Describe()
	differs := ""
	for _, f := range d.Findings {
		if f.Effect == migrate.LeftOut {
			return "its name is no key"
		}
		if f.Effect == migrate.Differs {
			differs = f.Detail
		}
	}
	data, err := json.Marshal(d.Set)
	if err != nil {
		t.Fatal(err)
	}
	stored, problems := flagset.ParseSet(data) // as the server reads it
	if err := flagset.Err(problems); err != nil {
		t.Fatalf("%s %d: %v", library, v.ID, err)
	}
	bytes, _ := snapshot.Compile(snapshot.Header{Environment: "e"}, stored.Canonical(), snapshot.Tolerant)
	r := request.Request{Flags: []string{v.Name}, Actor: v.Question.Actor, Keyless: v.Question.Keyless, Groups: v.Question.Groups, Now: v.Question.Now, Attributes: map[string]any{}}
	for name, value := range v.Question.Context {
		r.Attributes[name] = plain(value)
	}
	question, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := conformance.Native(bytes, question)
	if err != nil {
		t.Fatal(err)
	}
	same := answer.Enabled == *v.Enabled && (answer.Variant == nil) == (v.Variant == nil) && (v.Variant == nil || *answer.Variant == *v.Variant)
	switch {
	case same:
		return ""
	case differs != "":
		return "named as a difference"
	}
	t.Errorf("%s %d (%s): it is %t %v, not %t %v; found %v", library, v.ID, v.Family, answer.Enabled, answer.Variant, *v.Enabled, v.Variant, d.Findings)
	return ""
}

// plain returns a value of the judge as the engine's requests have it.
func plain(v any) any {
	switch v := v.(type) {
	case *big.Int:
		return flagset.Integer(v).Value()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = plain(v[name])
		}
		return object
	}
	return v
}

// TestNobodyMoves asks for many actors, before and after.
func TestNobodyMoves(t *testing.T) {
	each(t, func(t *testing.T, kind string, library reference.Library) {
		s := elixirtest.Open(t, kind, library, "")
		fill(s, rows(library))
		s.Put(rollouts(library)...)
		contents := read(t, s)
		d := contents.Describe()
		for _, f := range d.Findings {
			if f.Effect != migrate.Same {
				t.Errorf("%s", f)
			}
		}
		began := time.Now()
		v, err := migrate.Verify(t.Context(), contents, &d, &d.Set, migrate.MadeUp(*mostActors, &d.Set), time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), nil)
		if err != nil {
			t.Fatal(err)
		}
		if v.Moved != 0 || v.Different != 0 || v.Unjudged != 0 || v.Subjects != *mostActors || v.Flags != len(d.Flags) {
			t.Errorf("%+v", v)
		}
		t.Logf("%d of %d actors changed, in %d questions about %d flags, in %s", v.Moved, v.Subjects, v.Questions, v.Flags, time.Since(began).Round(time.Millisecond))
	})
}

// rollouts are flags with every kind of gate, among others.
func rollouts(library reference.Library) []reference.Flag {
	percent := func(name string, ratio float64, more ...reference.Gate) reference.Flag {
		return reference.Flag{Name: name, Gates: append([]reference.Gate{{Type: reference.PercentageOfActors, Ratio: ratio, Enabled: true}}, more...)}
	}
	group := func(name string, on bool) reference.Gate {
		return reference.Gate{Type: reference.Group, For: name, Enabled: on}
	}
	flags := []reference.Flag{
		percent("checkout", 0.25, group("staff", true), group("banned", false)),
		percent("save!", 0.999999),
		percent("new_ui?", 0.1, reference.Gate{Type: reference.Actor, For: "user:7", Enabled: false}),
		{Name: "time", Gates: []reference.Gate{{Type: reference.PercentageOfTime, Ratio: 0.00015, Enabled: true}, group("staff", false)}},
	}
	if library == reference.FunWithFlags {
		return flags
	}
	constraint := func(attribute, operator string, values ...any) reference.Constraint {
		list, err := reference.Value(values)
		if err != nil {
			panic(err)
		}
		return reference.Constraint{Attribute: attribute, Operator: operator, Values: list.([]any)}
	}
	n := func(text string) json.Number { return json.Number(text) }
	rule := func(name string, constraints ...reference.Constraint) reference.Flag {
		return percent(name, 0.5, reference.Gate{Type: reference.Rule, Enabled: true, Constraints: constraints}, group("staff", true), group("banned", false))
	}
	return append(flags,
		rule("versions", constraint("version", "gt", "1.9"), constraint("version", "lt", "1.10")),
		rule("numbers", constraint("n", "in", n("5"), "7", n("12345678901234567890")), constraint("n", "neq", n("6"))),
		rule("mail", constraint("mail", "matches", `@acme\.com$`)),
		rule("spaces", constraint("text", "matches", `^ +x\Z`)),
		rule("odd", constraint("n", "gt", true), constraint("n", "eq", n("1"), n("2"))),
		rule("not", constraint("plan", "not_in", "pro", "team"), constraint("plan", "contains", "o")),
		reference.Flag{Name: "needs", Gates: []reference.Gate{{Type: reference.Boolean, Enabled: true}, {Type: reference.Prerequisite, For: "checkout", Enabled: true}, {Type: reference.Prerequisite, For: "time", Enabled: false}}},
		reference.Flag{Name: "cycle", Gates: []reference.Gate{{Type: reference.Boolean, Enabled: true}, {Type: reference.Prerequisite, For: "cycle2", Enabled: false}}},
		reference.Flag{Name: "cycle2", Gates: []reference.Gate{{Type: reference.Prerequisite, For: "cycle", Enabled: true}}},
		reference.Flag{Name: "window", Gates: []reference.Gate{{Type: reference.Schedule, Enabled: true, From: "2026-11-27T23:59:59.999999+00:00", Until: "2026-11-28 00:00:00,000001Z"}}},
		reference.Flag{Name: "split", Gates: []reference.Gate{{Type: reference.Variant, Enabled: true, Weights: map[string]any{"a": 1.5, "b": 2.25, "ü": 0.0}}}},
	)
}

// TestVerifyNoticesEveryChange changes one gate at a time of what was moved in.
func TestVerifyNoticesEveryChange(t *testing.T) {
	contents := elixir.New(reference.Bandera, rollouts(reference.Bandera))
	d := contents.Describe()
	ratio := 0.3
	for name, change := range map[string]func(*flagset.Set){
		"a ratio":            func(s *flagset.Set) { gate(s, "checkout", "percentage").Ratio = &ratio },
		"a ratio of time":    func(s *flagset.Set) { r := 0.0002; gate(s, "time", "percentage").Ratio = &r },
		"a group":            func(s *flagset.Set) { gate(s, "checkout", "group/staff").Enabled = false },
		"an actor":           func(s *flagset.Set) { gate(s, "new_ui?", "actor/user:7").Enabled = true },
		"a rule":             func(s *flagset.Set) { gate(s, "numbers", "rule").Constraints[1].Values[0] = int64(7) },
		"a pattern":          func(s *flagset.Set) { gate(s, "mail", "rule").Constraints[0].Values[0] = "acme" },
		"a weight":           func(s *flagset.Set) { gate(s, "split", "variant").Variants[0].Weight = flagset.Float(2) },
		"a variant's name":   func(s *flagset.Set) { gate(s, "split", "variant").Variants[0].Name = "A" },
		"a prerequisite":     func(s *flagset.Set) { gate(s, "needs", "prerequisite/checkout").Enabled = false },
		"a schedule":         func(s *flagset.Set) { until := "2026-11-28T00:00:00Z"; gate(s, "window", "schedule").Until = &until },
		"a kill":             func(s *flagset.Set) { s.Flag("save!").Killed = true },
		"the group conflict": func(s *flagset.Set) { s.Settings.GroupConflict = flagset.DenyWins },
		"a flag":             func(s *flagset.Set) { s.Flags = s.Flags[1:] },
	} {
		set := d.Set.Canonical()
		change(set)
		subjects := migrate.MadeUp(2_000, &d.Set)
		if name == "a pattern" {
			subjects = migrate.ReadSubjects(strings.NewReader(`{"actor": 1, "attributes": {"mail": "a@acme.org"}}` + "\n" + `{"actor": 3, "attributes": {"mail": "a@acme.org"}}`))
		}
		v, err := migrate.Verify(t.Context(), contents, &d, set, subjects, time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), nil)
		if err != nil || v.Different == 0 || v.Moved == 0 || len(v.Differences) == 0 {
			t.Errorf("%s: %d differences, %v", name, v.Different, err)
		}
	}
}

func gate(s *flagset.Set, key, slot string) *flagset.Gate {
	f := s.Flag(key)
	return &f.Gates[slices.IndexFunc(f.Gates, func(g flagset.Gate) bool { return g.Slot() == slot })]
}

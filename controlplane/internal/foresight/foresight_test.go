package foresight_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/foresight"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func parse(t testing.TB, text string) *flagset.Set {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(text))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return set.Sorted()
}

func load(t testing.TB, set *flagset.Set) *engine.Snapshot {
	t.Helper()
	data, _ := snapshot.Compile(snapshot.Header{}, set, snapshot.Tolerant)
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eachScore has an actor for every score of the flag with this key.
func eachScore(key string) []string {
	actors, missing := make([]string, 1<<16), 1<<16
	for n := 0; missing > 0; n++ {
		actor := fmt.Sprint("user:", n)
		if at := &actors[engine.Score(actor, key)]; *at == "" {
			*at = actor
			missing--
		}
	}
	return actors
}

// brute asks the engine about each of these actors, before and after.
func brute(before, after *engine.Snapshot, key string, s foresight.Situation, actors []string) (share foresight.Share) {
	var scratch engine.Scratch
	part := 1 / float64(len(actors))
	for _, actor := range actors {
		in := engine.Input{Actor: actor, Presence: engine.Keyed, Groups: s.Groups, Now: now.UnixMicro()}
		for name, value := range s.Context {
			switch v := value.(type) {
			case string:
				in.Attributes = append(in.Attributes, engine.String(name, v))
			case int64:
				in.Attributes = append(in.Attributes, engine.Int(name, v))
			}
		}
		var was, is engine.Decision
		before.Evaluate(key, &in, &scratch, &was)
		after.Evaluate(key, &in, &scratch, &is)
		if was.Enabled {
			share.Before += part
		}
		if is.Enabled {
			share.After += part
		}
		if is.Enabled && !was.Enabled {
			share.TurnOn += part
		}
		if was.Enabled && !is.Enabled {
			share.TurnOff += part
		}
		if was.Variant != is.Variant || was.Payload != is.Payload {
			share.Varied += part
		}
	}
	return share
}

func near(a, b foresight.Share, by float64) bool {
	for _, d := range []float64{a.Before - b.Before, a.After - b.After, a.TurnOn - b.TurnOn, a.TurnOff - b.TurnOff, a.Varied - b.Varied} {
		if math.Abs(d) > by {
			return false
		}
	}
	return true
}

// TestEqualsBruteForce compares shares with the engine's word on every one of the 65,536 scores.
func TestEqualsBruteForce(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	actors := eachScore("f")
	const groups = "{type: group, target: staff, enabled: %v}, "
	random := func() string {
		var gates strings.Builder
		if chance.IntN(2) == 0 {
			fmt.Fprintf(&gates, groups, chance.IntN(2) == 0)
		}
		if chance.IntN(2) == 0 {
			fmt.Fprintf(&gates, "{type: rule, ratio: %v, constraints: [{attribute: plan, operator: in, values: [pro, team]}, {attribute: age, operator: gt, values: [17]}]}, ", chance.Float64())
		}
		if chance.IntN(3) == 0 {
			fmt.Fprintf(&gates, "{type: boolean, enabled: %v}, ", chance.IntN(2) == 0)
		}
		if chance.IntN(4) > 0 {
			fmt.Fprintf(&gates, "{type: percentage_of_actors, ratio: %v}, ", []float64{0.5, 0.25, 1. / 65536, 65535. / 65536, chance.Float64()}[chance.IntN(5)])
		}
		if chance.IntN(2) == 0 {
			fmt.Fprintf(&gates, "{type: variant, variants: [{name: a, weight: %v}, {name: b, weight: %d}, {name: c, weight: 0.1}]}, ", chance.Float64(), chance.IntN(3))
		}
		return fmt.Sprintf("flags: [{key: f, killed: %v, gates: [%s]}]", chance.IntN(8) == 0, gates.String())
	}
	for range 60 {
		was, is := random(), random()
		before, after := parse(t, was), parse(t, is)
		c, err := foresight.Compare(t.Context(), before, after, "f", nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Unmade) > 0 || c.Omitted > 0 {
			t.Errorf("%+v", c)
		}
		b, a := load(t, before), load(t, after)
		for _, f := range c.Forecasts {
			if f.Nobody {
				continue
			}
			want := brute(b, a, "f", f.Situation, actors)
			if !f.Flag.Exact || !near(f.Flag, want, 1e-9) {
				t.Errorf("%s\n%s\n%s: %+v, and score by score %+v", was, is, f.Who, f.Flag, want)
			}
		}
	}
}

// TestPrerequisitesAreMultiplied compares what is added up over several flags with many actors.
func TestPrerequisitesAreMultiplied(t *testing.T) {
	const rest = `
  - {key: grandparent, gates: [{type: percentage_of_actors, ratio: 0.7}]}
  - {key: parent, gates: [{type: percentage_of_actors, ratio: 0.5}, {type: prerequisite, target: grandparent}]}
  - {key: other, gates: [{type: percentage_of_actors, ratio: 0.25}, {type: prerequisite, target: grandparent, enabled: false}]}
  - {key: child, gates: [{type: boolean}, {type: prerequisite, target: f}, {type: prerequisite, target: other, enabled: false}]}
  - {key: round, gates: [{type: boolean}, {type: prerequisite, target: f, enabled: false}, {type: prerequisite, target: round}]}
`
	before := parse(t, "flags:\n  - {key: f, gates: [{type: percentage_of_actors, ratio: 0.2}, {type: prerequisite, target: parent}]}\n"+rest)
	after := parse(t, "flags:\n  - {key: f, gates: [{type: percentage_of_actors, ratio: 0.6}, {type: prerequisite, target: parent}, {type: prerequisite, target: other, enabled: false}]}\n"+rest)
	c, err := foresight.Compare(t.Context(), before, after, "f", []string{"child", "round"}, now)
	if err != nil {
		t.Fatal(err)
	}
	actors := make([]string, 200_000)
	for i := range actors {
		actors[i] = fmt.Sprint("user:", i)
	}
	b, a := load(t, before), load(t, after)
	everyone := c.Forecasts[0]
	if want := brute(b, a, "f", everyone.Situation, actors); !everyone.Flag.Exact || !near(everyone.Flag, want, 0.005) {
		t.Errorf("f: %+v, and of many actors %+v", everyone.Flag, want)
	}
	if want := brute(b, a, "child", everyone.Situation, actors); !near(everyone.Dependants["child"], want, 0.005) {
		t.Errorf("child: %+v, and of many actors %+v", everyone.Dependants["child"], want)
	}
	if share, changes := everyone.Dependants["round"]; changes {
		t.Errorf("round is in a cycle, and changes: %+v", share)
	}
}

// TestEveryGateMakesASituation has changes that show for nobody but those whom a gate names.
func TestEveryGateMakesASituation(t *testing.T) {
	for name, c := range map[string]struct{ before, after, who string }{
		"an actor":                   {`{key: f}`, `{key: f, gates: [{type: actor, target: "user:7"}]}`, "actor user:7"},
		"an actor denied":            {`{key: f, gates: [{type: boolean}]}`, `{key: f, gates: [{type: boolean}, {type: actor, target: "a b", enabled: false}]}`, `actor "a b"`},
		"a group":                    {`{key: f}`, `{key: f, gates: [{type: group, target: staff}]}`, "members of group staff"},
		"a rule":                     {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: plan, operator: in, values: [pro]}]}]}`, "contexts of rule 1 of f"},
		"a rule taken away":          {`{key: f, gates: [{type: rule, constraints: [{attribute: n, operator: gt, values: [5]}, {attribute: n, operator: lt, values: [7]}]}]}`, `{key: f}`, "contexts of rule 1 of f"},
		"a pattern":                  {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: mail, operator: matches, values: ["^[a-z]+@(x|y)\\.(com|org)$"]}]}]}`, "contexts of rule 1 of f"},
		"texts":                      {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: t, operator: starts_with, values: [ab]}, {attribute: t, operator: ends_with, values: [yz]}, {attribute: t, operator: contains, values: [m]}]}]}`, "contexts of rule 1 of f"},
		"versions":                   {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: v, operator: semver_lt, values: ["2.0.0"]}, {attribute: w, operator: semver_gte, values: ["1.2.3"]}]}]}`, "contexts of rule 1 of f"},
		"what is not":                {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: r, operator: not_in, values: [banned, another]}, {attribute: s, operator: neq, values: [0]}]}]}`, "contexts of rule 1 of f"},
		"a segment":                  {`{key: f}`, `{key: f, gates: [{type: segment, target: pros}]}`, "contexts of segment pros"},
		"no actor":                   {`{key: f}`, `{key: f, gates: [{type: percentage_of_time, ratio: 0.5}]}`, "without an actor"},
		"a parent's group":           {`{key: f, gates: [{type: prerequisite, target: parent}]}`, `{key: f, gates: [{type: boolean}, {type: prerequisite, target: parent}]}`, "members of group beta"},
		"a parent's, and a rule":     {`{key: f, gates: [{type: prerequisite, target: parent}]}`, `{key: f, gates: [{type: rule, constraints: [{attribute: a, operator: eq, values: [1]}]}, {type: prerequisite, target: parent}]}`, "contexts of rule 1 of f and members of group beta"},
		"a context for a big number": {`{key: f}`, `{key: f, gates: [{type: rule, constraints: [{attribute: n, operator: gt, values: [12345678901234567890]}]}]}`, "contexts of rule 1 of f"},
	} {
		t.Run(name, func(t *testing.T) {
			const rest = "\n  - {key: parent, gates: [{type: group, target: beta}]}\nsegments: [{key: pros, constraints: [{attribute: plan, operator: eq, values: [pro]}]}]"
			got, err := foresight.Compare(t.Context(), parse(t, "flags:\n  - "+c.before+rest), parse(t, "flags:\n  - "+c.after+rest), "f", nil, now)
			if err != nil {
				t.Fatal(err)
			}
			var changed []string
			for _, f := range got.Forecasts {
				if f.Changed() {
					changed = append(changed, f.Who)
				}
			}
			if !strings.Contains(strings.Join(changed, "\n"), c.who) || len(got.Unmade) > 0 {
				t.Errorf("changes for %q, not for %q; unmade %q", changed, c.who, got.Unmade)
			}
		})
	}
}

// TestWhatIsNotLookedAtIsCounted: a comparison never says that nothing changes when it did not look.
func TestWhatIsNotLookedAtIsCounted(t *testing.T) {
	var gates strings.Builder
	for i := range 700 {
		fmt.Fprintf(&gates, "{type: group, target: g%d}, ", i)
	}
	for i := range 10_010 {
		fmt.Fprintf(&gates, "{type: actor, target: a%d}, ", i)
	}
	impossible := `{type: rule, constraints: [{attribute: n, operator: gt, values: [7]}, {attribute: n, operator: lt, values: [5]}]}`
	got, err := foresight.Compare(t.Context(), parse(t, "flags: [{key: f}]"), parse(t, "flags: [{key: f, gates: ["+gates.String()+impossible+"]}]"), "f", nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Omitted != 210 || len(got.Unmade) != 1 || got.Unmade[0] != "rule 1 of f" {
		t.Errorf("omitted %d, unmade %q", got.Omitted, got.Unmade)
	}
}

package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/flagset/settest"
)

var header = Header{Environment: "default", Lineage: [16]byte{1, 2, 3}, Revision: 7}

func TestStrictRefuses(t *testing.T) {
	bad := flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: new(1.5)}}}
	record, problems := CompileFlag(&bad, Strict)
	if flagset.Err(problems) == nil || record.Body != nil {
		t.Errorf("%v %v", record, problems)
	}
	if data, problems := Compile(header, &flagset.Set{Flags: []flagset.Flag{{Key: "ok"}, bad}}, Strict); data != nil || len(flagset.Errors(problems)) != 1 {
		t.Errorf("%x %v", data, problems)
	}
	if _, problems := CompileSegment(&flagset.Segment{Key: "s"}, Strict); flagset.Err(problems) == nil {
		t.Error("a segment without constraints was compiled")
	}
	if data, problems := Compile(header, &flagset.Set{Flags: []flagset.Flag{{Key: "a", Gates: []flagset.Gate{{Type: flagset.Prerequisite, Target: "b", Enabled: true}}}}}, Strict); data != nil || len(problems) != 1 || !problems[0].Missing {
		t.Errorf("%x %v", data, problems)
	}
	if data, problems := Compile(Header{Revision: -1}, &flagset.Set{}, Strict); data != nil || flagset.Err(problems) == nil {
		t.Error("a revision below 0 was compiled")
	}
}

// noon is 2026-06-01T12:00:00Z.
const noon = 1780315200_000000

// chain is n flags, each of which needs the next.
func chain(n int) flagset.Set {
	var set flagset.Set
	for i := range n {
		f := flagset.Flag{Key: fmt.Sprintf("f%06d", i)}
		if i+1 < n {
			f.Gates = []flagset.Gate{{Type: flagset.Prerequisite, Target: fmt.Sprintf("f%06d", i+1), Enabled: true}}
		}
		set.Flags = append(set.Flags, f)
	}
	return set
}

func rule(attribute, operator string, values ...any) flagset.Gate {
	return flagset.Gate{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: attribute, Operator: operator, Values: values}}}
}

// decisions returns how a tolerantly compiled flag decides for an actor in the groups g and h with the attribute a "x", and without an
// actor.
func tolerant(t *testing.T, set *flagset.Set, key string) (somebody, nobody engine.Decision) {
	t.Helper()
	data, problems := Compile(header, set, Tolerant)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	input := engine.Input{Actor: "u", Presence: engine.Keyed, Groups: []string{"g", "h"}, Attributes: []engine.Attribute{engine.String("a", "x")}, Now: noon, Roll: 1}
	s.Evaluate(key, &input, new(engine.Scratch), &somebody)
	s.Evaluate(key, &engine.Input{Now: noon}, new(engine.Scratch), &nobody)
	return somebody, nobody
}

// Malformed parts grant nothing, and don't keep valid parts from granting.
func TestTolerant(t *testing.T) {
	on := flagset.Gate{Type: flagset.Boolean, Enabled: true}
	yes := rule("a", "eq", "x")
	for name, c := range map[string]struct {
		gates            []flagset.Gate
		somebody, nobody bool
	}{
		"bad ratio":                            {[]flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: new(1.5)}}, false, false},
		"no ratio":                             {[]flagset.Gate{{Type: flagset.PercentageOfTime}}, false, false},
		"bad ratio, then a good one":           {[]flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: new(2.0)}, {Type: flagset.PercentageOfActors, Ratio: new(0.9999999)}}, true, false},
		"two ratios: the first":                {[]flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: new(1e-7)}, {Type: flagset.PercentageOfActors, Ratio: new(0.9999999)}}, false, false},
		"two booleans: the first":              {[]flagset.Gate{{Type: flagset.Boolean}, on}, false, false},
		"and the other way round":              {[]flagset.Gate{on, {Type: flagset.Boolean}}, true, true},
		"two actors: the first":                {[]flagset.Gate{{Type: flagset.Actor, Target: "u"}, {Type: flagset.Actor, Target: "u", Enabled: true}, on}, false, true},
		"a group both ways":                    {[]flagset.Gate{{Type: flagset.Group, Target: "g"}, {Type: flagset.Group, Target: "g", Enabled: true}}, false, false},
		"an unknown operator":                  {[]flagset.Gate{rule("a", "is", "x")}, false, false},
		"a bad pattern":                        {[]flagset.Gate{rule("a", "matches", "(")}, false, false},
		"a bad pattern or a good rule":         {[]flagset.Gate{rule("a", "matches", "("), yes}, true, false},
		"two values for one":                   {[]flagset.Gate{rule("a", "neq", "y", "z")}, false, false},
		"NaN":                                  {[]flagset.Gate{rule("a", "neq", math.NaN())}, false, false},
		"a value of no type":                   {[]flagset.Gate{rule("a", "not_in", struct{}{})}, false, false},
		"a rule without constraints":           {[]flagset.Gate{{Type: flagset.Rule, Enabled: true}}, false, false},
		"a disabled rule":                      {[]flagset.Gate{{Type: flagset.Rule, Constraints: yes.Constraints}}, false, false},
		"a rule with a bad ratio":              {[]flagset.Gate{{Type: flagset.Rule, Enabled: true, Ratio: new(0.0), Constraints: yes.Constraints}}, false, false},
		"a missing segment":                    {[]flagset.Gate{{Type: flagset.SegmentGate, Target: "nowhere", Enabled: true}}, false, false},
		"an empty segment":                     {[]flagset.Gate{{Type: flagset.SegmentGate, Target: "empty", Enabled: true}}, false, false},
		"a time without an offset":             {[]flagset.Gate{{Type: flagset.Schedule, From: new("2020-01-01T00:00:00")}}, false, false},
		"a time that is none, and the boolean": {[]flagset.Gate{{Type: flagset.Schedule, Until: new("soon")}, on}, true, true},
		"a window that never opens":            {[]flagset.Gate{{Type: flagset.Schedule, From: new("2027-01-01T00:00:00Z"), Until: new("2026-01-01T00:00:00Z")}}, false, false},
		"two schedules: any":                   {[]flagset.Gate{{Type: flagset.Schedule, From: new("2030-01-01T00:00:00Z")}, {Type: flagset.Schedule}}, true, true},
		"an unknown gate":                      {[]flagset.Gate{{Type: "toggle", Enabled: true}, on}, true, true},
		"a missing parent":                     {[]flagset.Gate{{Type: flagset.Prerequisite, Target: "nowhere", Enabled: true}, on}, false, false},
		"a missing parent, off":                {[]flagset.Gate{{Type: flagset.Prerequisite, Target: "nowhere"}, on}, true, true},
		"itself":                               {[]flagset.Gate{{Type: flagset.Prerequisite, Target: "f"}, on}, false, false},
		"too many prerequisites":               {append(slices.Repeat([]flagset.Gate{{Type: flagset.Prerequisite, Target: "nowhere"}}, engine.MaxPrerequisites+1), on), false, false},
		"too many rules":                       {append(slices.Repeat([]flagset.Gate{yes}, engine.MaxRules+1), on), false, false},
		"too many values":                      {[]flagset.Gate{rule("a", "not_in", slices.Repeat([]any{"y"}, engine.MaxValues+1)...)}, false, false},
	} {
		set := flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: c.gates}, {Key: "other", Gates: []flagset.Gate{on}}}, Segments: []flagset.Segment{{Key: "empty"}}}
		somebody, nobody := tolerant(t, &set, "f")
		if somebody.Enabled != c.somebody || nobody.Enabled != c.nobody {
			t.Errorf("%s: %t and %t, want %t and %t", name, somebody.Enabled, nobody.Enabled, c.somebody, c.nobody)
		}
		if other, _ := tolerant(t, &set, "other"); !other.Enabled {
			t.Errorf("%s: the flag beside it is off", name)
		}
	}
	// Only the flag whose key no snapshot can hold is left out.
	set := flagset.Set{Flags: []flagset.Flag{{Key: strings.Repeat("x", 2000), Gates: []flagset.Gate{on}}, {Key: "f", Gates: []flagset.Gate{on}}, {Key: "f"}}}
	if f, _ := tolerant(t, &set, "f"); !f.Enabled {
		t.Error("the flag beside an endless key is off")
	}
	// Variants.
	for name, c := range map[string]struct {
		gates []flagset.Gate
		want  string
	}{
		"negative":        {[]flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "a", Weight: flagset.Int(-1)}, {Name: "b", Weight: flagset.Int(2)}}}}, ""},
		"overflow":        {[]flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "a", Weight: flagset.Float(1.7e308)}, {Name: "b", Weight: flagset.Float(1.7e308)}}}}, ""},
		"then a good one": {[]flagset.Gate{{Type: flagset.VariantGate}, {Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "b", Weight: flagset.Int(2)}}}}, "b"},
		"broken payload":  {[]flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "b", Weight: flagset.Int(2), Payload: []byte("{")}}}}, "b"},
	} {
		somebody, _ := tolerant(t, &flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: c.gates}}}, "f")
		if somebody.Variant != c.want {
			t.Errorf("%s: variant %q, want %q", name, somebody.Variant, c.want)
		}
	}
}

// The same model compiles to the same bytes, in whatever order its flags, segments, gates, variants, tags and names of objects are.
func TestSameModelSameBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	text, err := os.ReadFile("../flagset/testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseYAML(text)
	if err := flagset.Err(flagset.Join(problems, flagset.Validate(&set))); err != nil {
		t.Fatal(err)
	}
	want, problems := Compile(header, &set, Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		shuffled := *set.Canonical()
		random.Shuffle(len(shuffled.Flags), func(i, j int) { shuffled.Flags[i], shuffled.Flags[j] = shuffled.Flags[j], shuffled.Flags[i] })
		random.Shuffle(len(shuffled.Segments), func(i, j int) {
			shuffled.Segments[i], shuffled.Segments[j] = shuffled.Segments[j], shuffled.Segments[i]
		})
		for i := range shuffled.Flags {
			f := &shuffled.Flags[i]
			random.Shuffle(len(f.Gates), func(i, j int) { f.Gates[i], f.Gates[j] = f.Gates[j], f.Gates[i] })
			random.Shuffle(len(f.Tags), func(i, j int) { f.Tags[i], f.Tags[j] = f.Tags[j], f.Tags[i] })
			for _, g := range f.Gates {
				random.Shuffle(len(g.Variants), func(i, j int) { g.Variants[i], g.Variants[j] = g.Variants[j], g.Variants[i] })
			}
		}
		text, err := json.MarshalIndent(shuffled, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		again, problems := flagset.ParseSet(text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		got, _ := Compile(header, &again, Strict)
		if !bytes.Equal(got, want) {
			t.Fatal("other bytes of the same model")
		}
		var records []Record
		for i := range shuffled.Flags {
			r, _ := CompileFlag(&shuffled.Flags[i], Strict)
			records = append(records, r)
		}
		for i := range shuffled.Segments {
			r, _ := CompileSegment(&shuffled.Segments[i], Strict)
			records = append(records, r)
		}
		if got, err := Assemble(Header{header.Environment, header.Lineage, header.Revision, set.Settings}, records); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("other bytes from records: %v", err)
		}
	}
}

func TestAssembleRefuses(t *testing.T) {
	r, _ := CompileFlag(&flagset.Flag{Key: "f"}, Strict)
	for name, c := range map[string]struct {
		header  Header
		records []Record
	}{
		"twice":              {header, []Record{r, r}},
		"a broken record":    {header, []Record{{Kind: FlagRecord, Key: "f", Body: []byte{0xc1}, Counts: Counts{engine.CountFlags: 1}}}},
		"wrong counts":       {header, []Record{{Kind: FlagRecord, Key: "f", Body: r.Body}}},
		"an unknown kind":    {header, []Record{{Kind: 9, Key: "f", Body: r.Body}}},
		"a long environment": {Header{Environment: strings.Repeat("x", 1025)}, nil},
		"an unknown setting": {Header{Settings: flagset.Settings{GroupConflict: "x"}}, nil},
	} {
		if data, err := Assemble(c.header, c.records); err == nil {
			t.Errorf("%s: assembled %d bytes", name, len(data))
		}
	}
}

// random makes models with all kinds of nonsense in them.
type random struct{ *rand.Rand }

func (r random) text() string {
	return []string{"", "a", "b", "f1", "f2", "f3", "s1", "user:42", "é", "\xff", strings.Repeat("x", 1024), strings.Repeat("x", 1025), "no spaces"}[r.IntN(13)]
}

func (r random) float() *float64 {
	return []*float64{nil, new(0.0), new(0.5), new(1.0), new(-1.0), new(math.NaN()), new(5e-324), new(0.9999999999), new(math.Inf(1))}[r.IntN(9)]
}

func (r random) value() any {
	return []any{nil, true, int64(5), int64(math.MinInt64), 5.0, 0.1, math.NaN(), "x", "5", "^a+$", "(", `\pL{30}`, new(big.Int).Lsh(big.NewInt(-3), 100), big.NewInt(3), []any{int64(1), "a"},
		map[string]any{"b": 1.5, "a": nil, "\xff": nil}, struct{}{}, json.Number("5"), uint8(3), strings.Repeat("9", 70_000), (*big.Int)(nil)}[r.IntN(21)]
}

func (r random) time() *string {
	return []*string{nil, new("2026-01-01T00:00:00Z"), new("2027-01-01T00:00:00Z"), new("2026-01-01"), new("")}[r.IntN(5)]
}

// pick returns one of the list, or now and then one of the others.
func pick[T any](r random, list []T, others ...T) T {
	list = append(list, others...)
	return list[r.IntN(len(list))]
}

func (r random) constraints() (out []flagset.Constraint) {
	for range r.IntN(3) {
		c := flagset.Constraint{Attribute: r.text(), Operator: pick(r, flagset.Operators(), "is", "")}
		for range r.IntN(3) {
			c.Values = append(c.Values, r.value())
		}
		out = append(out, c)
	}
	return out
}

func (r random) gate() flagset.Gate {
	g := flagset.Gate{Type: pick(r, flagset.GateTypes(), "toggle", ""), Target: r.text(), Enabled: r.IntN(3) > 0, Ratio: r.float(), Constraints: r.constraints(), From: r.time(), Until: r.time()}
	for range r.IntN(4) {
		w := []flagset.Number{{}, flagset.Int(1), flagset.Int(-1), flagset.Float(0.5), flagset.Float(1.7e308), flagset.Float(math.NaN()), flagset.Integer(new(big.Int).Lsh(big.NewInt(1), 1025))}[r.IntN(7)]
		g.Variants = append(g.Variants, flagset.Variant{Name: r.text(), Weight: w, Payload: []json.RawMessage{nil, []byte("1"), []byte(`"x"`), []byte("{"), []byte("[]"), []byte(`{"b":1,"a":1.0}`)}[r.IntN(6)]})
	}
	return g
}

func (r random) set() *flagset.Set {
	set := flagset.Set{Settings: flagset.Settings{GroupConflict: []flagset.GroupConflict{"", flagset.DenyWins, flagset.AllowWins}[r.IntN(3)]}}
	for range r.IntN(5) {
		f := flagset.Flag{Key: r.text(), Killed: r.IntN(4) == 0}
		if r.IntN(3) == 0 {
			f.Description, f.Owner, f.Tags, f.Permanent = r.text(), r.text(), []string{r.text()}, true
		}
		if r.IntN(3) == 0 {
			f.OffVariant = new(r.text())
		}
		for range r.IntN(8) {
			f.Gates = append(f.Gates, r.gate())
		}
		set.Flags = append(set.Flags, f)
	}
	for range r.IntN(3) {
		set.Segments = append(set.Segments, flagset.Segment{Key: r.text(), Description: r.text(), Constraints: r.constraints()})
	}
	return &set
}

func TestRandomSetsHaveEverything(t *testing.T) {
	var sets []*flagset.Set
	for seed := range uint64(500) {
		sets = append(sets, random{rand.New(rand.NewPCG(seed, 9))}.set())
	}
	if missing := settest.NeverSet(sets...); len(missing) > 0 {
		t.Errorf("random.set above never makes %v", missing)
	}
}

// The engine loads everything that either mode compiles, and Tolerant compiles whatever Strict accepts to the same bytes.
func TestWhatIsCompiledLoads(t *testing.T) {
	strict := 0
	for seed := range uint64(2_000) {
		set := random{rand.New(rand.NewPCG(seed, 9))}.set()
		data, problems := Compile(header, set, Tolerant)
		if err := flagset.Err(problems); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if _, err := engine.Load(data); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		exact, problems := Compile(header, set, Strict)
		if exact == nil {
			if flagset.Err(problems) == nil {
				t.Fatalf("seed %d: neither bytes nor an error", seed)
			}
			continue
		}
		strict++
		if loose, _ := Compile(header, set.Canonical(), Tolerant); !bytes.Equal(loose, exact) {
			t.Fatalf("seed %d: the modes differ on a sound set", seed)
		}
	}
	if strict < 20 {
		t.Errorf("only %d sets were sound", strict)
	}
}

// At each limit a model compiles, and past it there is a clear error.
func TestLimits(t *testing.T) {
	many := func(n int, gate func(int) flagset.Gate) flagset.Flag {
		f := flagset.Flag{Key: "f"}
		for i := range n {
			f.Gates = append(f.Gates, gate(i))
		}
		return f
	}
	values := func(n int) []any { return slices.Repeat([]any{"x"}, n) }
	set := func(f flagset.Flag) *flagset.Set { return &flagset.Set{Flags: []flagset.Flag{f}} }
	for name, c := range map[string]struct {
		most int
		set  func(n int) *flagset.Set
	}{
		"actors": {engine.MaxTargets, func(n int) *flagset.Set {
			return set(many(n, func(i int) flagset.Gate {
				return flagset.Gate{Type: flagset.Actor, Target: fmt.Sprintf("user-%d", i), Enabled: true}
			}))
		}},
		"groups": {engine.MaxTargets, func(n int) *flagset.Set {
			return set(many(n, func(i int) flagset.Gate { return flagset.Gate{Type: flagset.Group, Target: fmt.Sprintf("group-%d", i)} }))
		}},
		"name": {engine.MaxNameBytes, func(n int) *flagset.Set {
			return set(many(1, func(int) flagset.Gate { return flagset.Gate{Type: flagset.Actor, Target: strings.Repeat("x", n)} }))
		}},
		"constraints": {engine.MaxConstraints, func(n int) *flagset.Set {
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.Rule, Constraints: slices.Repeat(rule("a", "eq", "b").Constraints, n)}}})
		}},
		"values": {engine.MaxValues, func(n int) *flagset.Set {
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{rule("a", "in", values(n)...)}})
		}},
		"value": {engine.MaxValueBytes, func(n int) *flagset.Set {
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{rule("a", "eq", strings.Repeat("x", n))}})
		}},
		"pattern": {engine.MaxPatternBytes, func(n int) *flagset.Set {
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{rule("a", "matches", "["+strings.Repeat("a", n-2)+"]")}})
		}},
		"variants": {engine.MaxVariants, func(n int) *flagset.Set {
			g := flagset.Gate{Type: flagset.VariantGate}
			for i := range n {
				g.Variants = append(g.Variants, flagset.Variant{Name: fmt.Sprint(i), Weight: flagset.Int(1)})
			}
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{g}})
		}},
		"payload": {engine.MaxPayloadBytes, func(n int) *flagset.Set {
			return set(flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "a", Weight: flagset.Int(1), Payload: []byte(`"` + strings.Repeat("x", n-2) + `"`)}}}}})
		}},
		"segments": {engine.MaxSegments, func(n int) *flagset.Set {
			var s flagset.Set
			for i := range n {
				s.Segments = append(s.Segments, flagset.Segment{Key: fmt.Sprintf("s%d", i), Constraints: rule("a", "eq", "b").Constraints})
			}
			return &s
		}},
		"rules": {engine.MaxRules, func(n int) *flagset.Set {
			s := set(many(n, func(i int) flagset.Gate {
				return flagset.Gate{Type: flagset.SegmentGate, Target: fmt.Sprintf("s%d", i), Enabled: true}
			}))
			for _, g := range s.Flags[0].Gates {
				s.Segments = append(s.Segments, flagset.Segment{Key: g.Target, Constraints: rule("a", "eq", "b").Constraints})
			}
			return s
		}},
		"reachable": {engine.MaxReachable, func(n int) *flagset.Set { s := chain(n); return &s }},
	} {
		data, problems := Compile(header, c.set(c.most), Strict)
		if err := flagset.Err(problems); err != nil || data == nil {
			t.Errorf("%s: at the limit: %.300v", name, err)
		}
		if data, problems := Compile(header, c.set(c.most+1), Strict); data != nil || flagset.Err(problems) == nil {
			t.Errorf("%s: past the limit there is no error", name)
		}
	}
}

func TestTooManyFlags(t *testing.T) {
	r, _ := CompileFlag(&flagset.Flag{Key: "f"}, Strict)
	records := make([]Record, engine.MaxFlags+1)
	for i := range records {
		records[i] = r
		records[i].Key = fmt.Sprintf("f%06d", i)
	}
	if _, err := Assemble(header, records[1:]); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := Assemble(header, records); err == nil {
		t.Error("past the limit there is no error")
	}
}

// Everything that can be read compiles in Tolerant mode to something that the engine loads.
func FuzzCompile(f *testing.F) {
	f.Add(`{"gates": [{"type": "rule", "ratio": 0.5, "constraints": [{"attribute": "", "operator": "matches", "values": ["(a+)+$", 1e5]}]}]}`)
	f.Add(`{"key": "\u0000", "off_variant": "", "gates": [{"type": "variant", "variants": [{"name": "", "weight": 1e308}, {"name": "\ud83d\ude00", "weight": 0.0}]}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		flag, _ := flagset.ParseFlag([]byte(document))
		data, _ := Compile(Header{}, &flagset.Set{Flags: []flagset.Flag{flag}}, Tolerant)
		s, err := engine.Load(data)
		if err != nil {
			t.Fatalf("%v: %+v", err, flag)
		}
		if n, fault, at := s.Unreadable(); n > 0 {
			t.Fatalf("%v at %d: %+v", fault, at, flag)
		}
	})
}

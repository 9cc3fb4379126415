package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

var header = Header{Environment: "default", Lineage: [16]byte{1, 2, 3}, Revision: 7}

func TestStrictRefuses(t *testing.T) {
	bad := Flag{Key: "f", Gates: []Gate{{Type: PercentageOfActors, Ratio: ptr(1.5)}}}
	record, problems := CompileFlag(&bad, Strict)
	if Err(problems) == nil || record.Body != nil {
		t.Errorf("%v %v", record, problems)
	}
	if data, problems := Compile(header, &Set{Flags: []Flag{{Key: "ok"}, bad}}, Strict); data != nil || len(Errors(problems)) != 1 {
		t.Errorf("%x %v", data, problems)
	}
	if _, problems := CompileSegment(&Segment{Key: "s"}, Strict); Err(problems) == nil {
		t.Error("a segment without constraints was compiled")
	}
	if data, problems := Compile(header, &Set{Flags: []Flag{requiring("a", "b")}}, Strict); data != nil || len(problems) != 1 || !problems[0].Missing {
		t.Errorf("%x %v", data, problems)
	}
	if data, problems := Compile(Header{Revision: -1}, &Set{}, Strict); data != nil || Err(problems) == nil {
		t.Error("a revision below 0 was compiled")
	}
}

// decisions are what a tolerantly compiled flag answers to somebody in groups g and h with a is "x", and to nobody.
func tolerant(t *testing.T, set *Set, key string) (somebody, nobody engine.Decision) {
	t.Helper()
	data, problems := Compile(header, set, Tolerant)
	if err := Err(problems); err != nil {
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

// What is malformed grants nothing, and does not keep what is sound from granting.
func TestTolerant(t *testing.T) {
	on := Gate{Type: Boolean, Enabled: true}
	yes := rule("a", "eq", "x")
	for name, c := range map[string]struct {
		gates            []Gate
		somebody, nobody bool
	}{
		"bad ratio":                            {[]Gate{{Type: PercentageOfActors, Ratio: ptr(1.5)}}, false, false},
		"no ratio":                             {[]Gate{{Type: PercentageOfTime}}, false, false},
		"bad ratio, then a good one":           {[]Gate{{Type: PercentageOfActors, Ratio: ptr(2.0)}, {Type: PercentageOfActors, Ratio: ptr(0.9999999)}}, true, false},
		"two ratios: the first":                {[]Gate{{Type: PercentageOfActors, Ratio: ptr(1e-7)}, {Type: PercentageOfActors, Ratio: ptr(0.9999999)}}, false, false},
		"two booleans: the first":              {[]Gate{{Type: Boolean}, on}, false, false},
		"and the other way round":              {[]Gate{on, {Type: Boolean}}, true, true},
		"two actors: the first":                {[]Gate{{Type: Actor, Target: "u"}, {Type: Actor, Target: "u", Enabled: true}, on}, false, true},
		"a group both ways":                    {[]Gate{{Type: Group, Target: "g"}, {Type: Group, Target: "g", Enabled: true}}, false, false},
		"an unknown operator":                  {[]Gate{rule("a", "is", "x")}, false, false},
		"a bad pattern":                        {[]Gate{rule("a", "matches", "(")}, false, false},
		"a bad pattern or a good rule":         {[]Gate{rule("a", "matches", "("), yes}, true, false},
		"two values for one":                   {[]Gate{rule("a", "neq", "y", "z")}, false, false},
		"NaN":                                  {[]Gate{rule("a", "neq", math.NaN())}, false, false},
		"a value of no type":                   {[]Gate{rule("a", "not_in", struct{}{})}, false, false},
		"a rule without constraints":           {[]Gate{{Type: Rule, Enabled: true}}, false, false},
		"a disabled rule":                      {[]Gate{{Type: Rule, Constraints: yes.Constraints}}, false, false},
		"a rule with a bad ratio":              {[]Gate{{Type: Rule, Enabled: true, Ratio: ptr(0.0), Constraints: yes.Constraints}}, false, false},
		"a missing segment":                    {[]Gate{{Type: SegmentGate, Target: "nowhere", Enabled: true}}, false, false},
		"an empty segment":                     {[]Gate{{Type: SegmentGate, Target: "empty", Enabled: true}}, false, false},
		"a time without an offset":             {[]Gate{{Type: Schedule, From: ptr("2020-01-01T00:00:00")}}, false, false},
		"a time that is none, and the boolean": {[]Gate{{Type: Schedule, Until: ptr("soon")}, on}, true, true},
		"a window that never opens":            {[]Gate{{Type: Schedule, From: ptr("2027-01-01T00:00:00Z"), Until: ptr("2026-01-01T00:00:00Z")}}, false, false},
		"two schedules: any":                   {[]Gate{{Type: Schedule, From: ptr("2030-01-01T00:00:00Z")}, {Type: Schedule}}, true, true},
		"an unknown gate":                      {[]Gate{{Type: "toggle", Enabled: true}, on}, true, true},
		"a missing parent":                     {[]Gate{{Type: Prerequisite, Target: "nowhere", Enabled: true}, on}, false, false},
		"a missing parent, off":                {[]Gate{{Type: Prerequisite, Target: "nowhere"}, on}, true, true},
		"itself":                               {[]Gate{{Type: Prerequisite, Target: "f"}, on}, false, false},
		"too many prerequisites":               {append(slices.Repeat([]Gate{{Type: Prerequisite, Target: "nowhere"}}, engine.MaxPrerequisites+1), on), false, false},
		"too many rules":                       {append(slices.Repeat([]Gate{yes}, engine.MaxRules+1), on), false, false},
		"too many values":                      {[]Gate{rule("a", "not_in", slices.Repeat([]any{"y"}, engine.MaxValues+1)...)}, false, false},
	} {
		set := Set{Flags: []Flag{{Key: "f", Gates: c.gates}, {Key: "other", Gates: []Gate{on}}}, Segments: []Segment{{Key: "empty"}}}
		somebody, nobody := tolerant(t, &set, "f")
		if somebody.Enabled != c.somebody || nobody.Enabled != c.nobody {
			t.Errorf("%s: %t and %t, want %t and %t", name, somebody.Enabled, nobody.Enabled, c.somebody, c.nobody)
		}
		if other, _ := tolerant(t, &set, "other"); !other.Enabled {
			t.Errorf("%s: the flag beside it is off", name)
		}
	}
	// A key that no snapshot can hold is left out alone.
	set := Set{Flags: []Flag{{Key: strings.Repeat("x", 2000), Gates: []Gate{on}}, {Key: "f", Gates: []Gate{on}}, {Key: "f"}}}
	if f, _ := tolerant(t, &set, "f"); !f.Enabled {
		t.Error("the flag beside an endless key is off")
	}
	// Variants.
	for name, c := range map[string]struct {
		gates []Gate
		want  string
	}{
		"negative":        {[]Gate{{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Int(-1)}, {Name: "b", Weight: Int(2)}}}}, ""},
		"overflow":        {[]Gate{{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Float(1.7e308)}, {Name: "b", Weight: Float(1.7e308)}}}}, ""},
		"then a good one": {[]Gate{{Type: VariantGate}, {Type: VariantGate, Variants: []Variant{{Name: "b", Weight: Int(2)}}}}, "b"},
		"broken payload":  {[]Gate{{Type: VariantGate, Variants: []Variant{{Name: "b", Weight: Int(2), Payload: []byte("{")}}}}, "b"},
	} {
		somebody, _ := tolerant(t, &Set{Flags: []Flag{{Key: "f", Gates: c.gates}}}, "f")
		if somebody.Variant != c.want {
			t.Errorf("%s: variant %q, want %q", name, somebody.Variant, c.want)
		}
	}
}

// Same model, same bytes: in whatever order flags, segments, gates, variants, tags and names of objects are given.
func TestSameModelSameBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	set, problems := ParseYAML([]byte(everything))
	if err := Err(Join(problems, Validate(&set))); err != nil {
		t.Fatal(err)
	}
	want, problems := Compile(header, &set, Strict)
	if err := Err(problems); err != nil {
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
		again, problems := ParseSet(text)
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
	r, _ := CompileFlag(&Flag{Key: "f"}, Strict)
	for name, c := range map[string]struct {
		header  Header
		records []Record
	}{
		"twice":              {header, []Record{r, r}},
		"a broken record":    {header, []Record{{Kind: FlagRecord, Key: "f", Body: []byte{0xc1}, Counts: Counts{Flags: 1}}}},
		"wrong counts":       {header, []Record{{Kind: FlagRecord, Key: "f", Body: r.Body}}},
		"an unknown kind":    {header, []Record{{Kind: 9, Key: "f", Body: r.Body}}},
		"a long environment": {Header{Environment: strings.Repeat("x", 1025)}, nil},
		"an unknown setting": {Header{Settings: Settings{GroupConflict: "x"}}, nil},
	} {
		if data, err := Assemble(c.header, c.records); err == nil {
			t.Errorf("%s: assembled %d bytes", name, len(data))
		}
	}
}

// random makes models of all kinds of nonsense, among some sense.
type random struct{ *rand.Rand }

func (r random) text() string {
	return []string{"", "a", "b", "f1", "f2", "f3", "s1", "user:42", "é", "\xff", strings.Repeat("x", 1024), strings.Repeat("x", 1025), "no spaces"}[r.IntN(13)]
}

func (r random) float() *float64 {
	return []*float64{nil, ptr(0.0), ptr(0.5), ptr(1.0), ptr(-1.0), ptr(math.NaN()), ptr(5e-324), ptr(0.9999999999), ptr(math.Inf(1))}[r.IntN(9)]
}

func (r random) value() any {
	return []any{nil, true, int64(5), int64(math.MinInt64), 5.0, 0.1, math.NaN(), "x", "5", "^a+$", "(", `\pL{30}`, new(big.Int).Lsh(big.NewInt(-3), 100), big.NewInt(3), []any{int64(1), "a"},
		map[string]any{"b": 1.5, "a": nil, "\xff": nil}, struct{}{}, json.Number("5"), uint8(3), strings.Repeat("9", 70_000), (*big.Int)(nil)}[r.IntN(21)]
}

func (r random) time() *string {
	return []*string{nil, ptr("2026-01-01T00:00:00Z"), ptr("2027-01-01T00:00:00Z"), ptr("2026-01-01"), ptr("")}[r.IntN(5)]
}

func (r random) constraints() (out []Constraint) {
	for range r.IntN(3) {
		c := Constraint{Attribute: r.text(), Operator: append(operatorNames[:], "is", "")[r.IntN(12)]}
		for range r.IntN(3) {
			c.Values = append(c.Values, r.value())
		}
		out = append(out, c)
	}
	return out
}

func (r random) gate() Gate {
	g := Gate{Type: append(gateTypes[:], "toggle", "")[r.IntN(12)], Target: r.text(), Enabled: r.IntN(3) > 0, Ratio: r.float(), Constraints: r.constraints(), From: r.time(), Until: r.time()}
	for range r.IntN(4) {
		w := []Number{{}, Int(1), Int(-1), Float(0.5), Float(1.7e308), Float(math.NaN()), Integer(new(big.Int).Lsh(big.NewInt(1), 1025))}[r.IntN(7)]
		g.Variants = append(g.Variants, Variant{Name: r.text(), Weight: w, Payload: []json.RawMessage{nil, []byte("1"), []byte(`"x"`), []byte("{"), []byte("[]"), []byte(`{"b":1,"a":1.0}`)}[r.IntN(6)]})
	}
	return g
}

func (r random) set() *Set {
	var set Set
	for range r.IntN(5) {
		f := Flag{Key: r.text(), Killed: r.IntN(4) == 0}
		if r.IntN(3) == 0 {
			f.OffVariant = ptr(r.text())
		}
		for range r.IntN(8) {
			f.Gates = append(f.Gates, r.gate())
		}
		set.Flags = append(set.Flags, f)
	}
	for range r.IntN(3) {
		set.Segments = append(set.Segments, Segment{Key: r.text(), Constraints: r.constraints()})
	}
	return &set
}

// Whatever either mode emits, the engine loads; and what strict takes, tolerant compiles to the same bytes.
func TestWhatIsCompiledLoads(t *testing.T) {
	strict := 0
	for seed := range uint64(2_000) {
		set := random{rand.New(rand.NewPCG(seed, 9))}.set()
		data, problems := Compile(header, set, Tolerant)
		if err := Err(problems); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if _, err := engine.Load(data); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		exact, problems := Compile(header, set, Strict)
		if exact == nil {
			if Err(problems) == nil {
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

// At each limit it compiles, and past it there is a clear error.
func TestLimits(t *testing.T) {
	many := func(n int, gate func(int) Gate) Flag {
		f := Flag{Key: "f"}
		for i := range n {
			f.Gates = append(f.Gates, gate(i))
		}
		return f
	}
	values := func(n int) []any { return slices.Repeat([]any{"x"}, n) }
	set := func(f Flag) *Set { return &Set{Flags: []Flag{f}} }
	for name, c := range map[string]struct {
		most int
		set  func(n int) *Set
	}{
		"actors": {engine.MaxTargets, func(n int) *Set {
			return set(many(n, func(i int) Gate { return Gate{Type: Actor, Target: fmt.Sprintf("user-%d", i), Enabled: true} }))
		}},
		"groups": {engine.MaxTargets, func(n int) *Set {
			return set(many(n, func(i int) Gate { return Gate{Type: Group, Target: fmt.Sprintf("group-%d", i)} }))
		}},
		"name": {engine.MaxNameBytes, func(n int) *Set {
			return set(many(1, func(int) Gate { return Gate{Type: Actor, Target: strings.Repeat("x", n)} }))
		}},
		"constraints": {engine.MaxConstraints, func(n int) *Set {
			return set(Flag{Key: "f", Gates: []Gate{{Type: Rule, Constraints: slices.Repeat(rule("a", "eq", "b").Constraints, n)}}})
		}},
		"values": {engine.MaxValues, func(n int) *Set { return set(Flag{Key: "f", Gates: []Gate{rule("a", "in", values(n)...)}}) }},
		"value":  {engine.MaxValueBytes, func(n int) *Set { return set(Flag{Key: "f", Gates: []Gate{rule("a", "eq", strings.Repeat("x", n))}}) }},
		"pattern": {engine.MaxPatternBytes, func(n int) *Set {
			return set(Flag{Key: "f", Gates: []Gate{rule("a", "matches", "["+strings.Repeat("a", n-2)+"]")}})
		}},
		"variants": {engine.MaxVariants, func(n int) *Set {
			g := Gate{Type: VariantGate}
			for i := range n {
				g.Variants = append(g.Variants, Variant{Name: fmt.Sprint(i), Weight: Int(1)})
			}
			return set(Flag{Key: "f", Gates: []Gate{g}})
		}},
		"payload": {engine.MaxPayloadBytes, func(n int) *Set {
			return set(Flag{Key: "f", Gates: []Gate{{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Int(1), Payload: []byte(`"` + strings.Repeat("x", n-2) + `"`)}}}}})
		}},
		"segments": {engine.MaxSegments, func(n int) *Set {
			var s Set
			for i := range n {
				s.Segments = append(s.Segments, Segment{Key: fmt.Sprintf("s%d", i), Constraints: rule("a", "eq", "b").Constraints})
			}
			return &s
		}},
		"rules": {engine.MaxRules, func(n int) *Set {
			s := set(many(n, func(i int) Gate { return Gate{Type: SegmentGate, Target: fmt.Sprintf("s%d", i), Enabled: true} }))
			for _, g := range s.Flags[0].Gates {
				s.Segments = append(s.Segments, Segment{Key: g.Target, Constraints: rule("a", "eq", "b").Constraints})
			}
			return s
		}},
		"reachable": {engine.MaxReachable, func(n int) *Set { s := chain(n); return &s }},
	} {
		data, problems := Compile(header, c.set(c.most), Strict)
		if err := Err(problems); err != nil || data == nil {
			t.Errorf("%s: at the limit: %.300v", name, err)
		}
		if data, problems := Compile(header, c.set(c.most+1), Strict); data != nil || Err(problems) == nil {
			t.Errorf("%s: past the limit there is no error", name)
		}
	}
}

func TestTooManyFlags(t *testing.T) {
	r, _ := CompileFlag(&Flag{Key: "f"}, Strict)
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

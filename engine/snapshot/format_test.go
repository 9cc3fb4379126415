package snapshot

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
	"github.com/gonfalon-flags/gonfalon/engine/pattern"
)

// Readers in other languages are written from FORMAT.md, and stored bytes keep their meaning only as long as its numbers do. These
// tests read the page and compare each number on it with what the compiler writes and the engine reads.

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// found returns the groups of the first match on the page.
func found(t *testing.T, expression string) []string {
	t.Helper()
	match := regexp.MustCompile(expression).FindStringSubmatch(page(t))
	if match == nil {
		t.Fatalf("FORMAT.md has no %s", expression)
	}
	return match[1:]
}

// members returns the members of an array that the page shows, such as "constraint = [attribute, operator, values, program]".
func members(t *testing.T, name string) []string {
	t.Helper()
	return strings.Split(found(t, `(?m)^`+name+` += (?:nil \| )?\[(.*?)\](?:  .*)?$`)[0], ", ")
}

func TestOperatorsOfThePage(t *testing.T) {
	list := found(t, `(?s)\nOperators: (.*?)\n\n`)[0]
	n := 0
	for ; ; n++ {
		name := engine.Operator(n).String()
		if name == fmt.Sprintf("operator %d", n) {
			break
		}
		if !regexp.MustCompile(fmt.Sprintf(`(^|[ \n])%d %s\b`, n, name)).MatchString(list) {
			t.Errorf("the page doesn't say that operator %d is %s", n, name)
		}
	}
	if named := regexp.MustCompile(`\d+ [a-z_]+\b`).FindAllString(strings.ReplaceAll(list, "SemVer 2.0.0 precedence", ""), -1); len(named) != n {
		t.Errorf("the page has %d operators, the engine %d: %q", len(named), n, named)
	}
	// The compiler writes the numbers that the engine reads.
	for _, name := range flagset.Operators() {
		r, problems := CompileSegment(&flagset.Segment{Key: "s", Constraints: []flagset.Constraint{{Attribute: "a", Operator: name, Values: []any{"1.2.3"}}}}, Strict)
		if err := flagset.Err(problems); err != nil {
			t.Fatal(err)
		}
		constraint := byName(t, members(t, "constraint"), decoded(t, r.Body).([]any)[0].([]any))
		if number, _ := constraint["operator"].(int64); engine.Operator(number).String() != name || constraint["attribute"] != "a" {
			t.Errorf("%s is written as %v", name, constraint)
		}
	}
}

// compiledFlag returns the record of a flag, by the names on the page.
func compiledFlag(t *testing.T, f flagset.Flag) map[string]any {
	t.Helper()
	f.Key = "f"
	r, problems := CompileFlag(&f, Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return byName(t, members(t, "flag"), decoded(t, r.Body).([]any))
}

func byName(t *testing.T, names []string, values []any) map[string]any {
	t.Helper()
	if len(names) != len(values) {
		t.Fatalf("the page names %v, written is %v", names, values)
	}
	named := map[string]any{}
	for i, name := range names {
		named[name] = values[i]
	}
	return named
}

func number(t *testing.T, digits string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBitsAndStatesOfThePage(t *testing.T) {
	on := found(t, `\| bits \| int \| (\d+): the boolean gate is on · (\d+): the flag is killed \|`)
	states := found(t, `state (\d+) is denied, (\d+) is allowed`)
	both := found(t, `state (\d+) is both a denying and an allowing gate`)
	yes := flagset.Gate{Type: flagset.Boolean, Enabled: true}
	group := func(enabled bool) flagset.Gate {
		return flagset.Gate{Type: flagset.Group, Target: "g", Enabled: enabled}
	}
	for _, c := range []struct {
		member string
		flag   flagset.Flag
		want   any
	}{
		{"bits", flagset.Flag{Gates: []flagset.Gate{yes}}, number(t, on[0])},
		{"bits", flagset.Flag{Killed: true}, number(t, on[1])},
		{"actors", flagset.Flag{Gates: []flagset.Gate{{Type: flagset.Actor, Target: "a"}}}, []any{"a", number(t, states[0])}},
		{"actors", flagset.Flag{Gates: []flagset.Gate{{Type: flagset.Actor, Target: "a", Enabled: true}}}, []any{"a", number(t, states[1])}},
		{"groups", flagset.Flag{Gates: []flagset.Gate{group(false)}}, []any{"g", number(t, states[0])}},
		{"groups", flagset.Flag{Gates: []flagset.Gate{group(true)}}, []any{"g", number(t, states[1])}},
	} {
		if got := compiledFlag(t, c.flag)[c.member]; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s of %+v: %v is written, the page says %v", c.member, c.flag, got, c.want)
		}
	}
	// A sound flag has one gate a group, so the both state comes only from a malformed one.
	r, _ := CompileFlag(&flagset.Flag{Key: "f", Gates: []flagset.Gate{group(false), group(true)}}, Tolerant)
	got := byName(t, members(t, "flag"), decoded(t, r.Body).([]any))["groups"]
	if want := []any{"g", number(t, both[0])}; !reflect.DeepEqual(got, want) {
		t.Errorf("a group with both gates: %v is written, the page says %v", got, want)
	}
}

// The arrays have the members that the page names, in its order, and the header's counts are what they say.
func TestArraysOfThePage(t *testing.T) {
	data := goldens(t)["rules"]
	root := byName(t, members(t, "snapshot"), decoded(t, data).([]any))
	head := byName(t, members(t, "header"), root["header"].([]any))
	want := map[string]any{
		`"gonfalon"`: "gonfalon", "format": int64(1), "environment": goldenHeader.Environment, "lineage": goldenHeader.Lineage[:],
		"revision": goldenHeader.Revision, "settings": []any{int64(0)}, "counts": head["counts"],
	}
	if !reflect.DeepEqual(head, want) {
		t.Errorf("the header is %v, not %v", head, want)
	}
	if said := found(t, `flag = \[.*\] +array of (\d+)`)[0]; said != fmt.Sprint(len(members(t, "flag"))) {
		t.Errorf("a flag's record is an array of %s, and has the members %v", said, members(t, "flag"))
	}
	for name, data := range goldens(t) {
		root := byName(t, members(t, "snapshot"), decoded(t, data).([]any))
		head := byName(t, members(t, "header"), root["header"].([]any))
		got := byName(t, members(t, "counts"), head["counts"].([]any))
		if counted := count(t, root); !reflect.DeepEqual(got, counted) {
			t.Errorf("%s: the header's counts by the page are\n%v, counted are\n%v", name, got, counted)
		}
	}
	if said := found(t, `\| counts \| array (\d+) \|`)[0]; said != fmt.Sprint(len(members(t, "counts"))) {
		t.Errorf("the counts are an array of %s, and %v", said, members(t, "counts"))
	}
}

// count counts what is in a snapshot, by the page's names.
func count(t *testing.T, root map[string]any) map[string]any {
	t.Helper()
	n := map[string]int64{}
	constraints := func(list any) {
		for _, c := range list.([]any) {
			c := byName(t, members(t, "constraint"), c.([]any))
			n["constraints"]++
			n["values"] += int64(len(c["values"].([]any)))
			if program, ok := c["program"].([]any); ok {
				n["programs"]++
				n["instructions"] += int64(len(program[1].([]any)) / 4)
				n["ranges"] += int64(len(program[2].([]any)))
			}
		}
	}
	for _, pair := range root["segments"].([]any) {
		n["segments"]++
		constraints(recordOf(t, pair))
	}
	for _, pair := range root["flags"].([]any) {
		f := byName(t, members(t, "flag"), recordOf(t, pair))
		length := func(name string) int64 { return int64(len(f[name].([]any))) }
		n["flags"]++
		for _, targets := range []int64{length("actors") / 2, length("groups") / 2} {
			if targets > 0 {
				size := int64(2)
				for size < targets+targets/2 {
					size *= 2
				}
				n["slots"] += size
			}
		}
		for _, rule := range f["rules"].([]any) {
			n["rules"]++
			if source, own := rule.([]any)[1].([]any); own {
				constraints(source)
			}
		}
		n["variants"] += length("variants")
		n["prerequisites"] += length("prerequisites") / 2
		n["schedules"] += length("schedules") / 2
	}
	all := map[string]any{}
	for _, name := range members(t, "counts") {
		all[name] = n[name]
		delete(n, name)
	}
	if len(n) > 0 {
		t.Errorf("the page doesn't name the counts %v", n)
	}
	return all
}

func TestExtTypeOfThePage(t *testing.T) {
	if said := found(t, `ext type (\d+):`)[0]; said != fmt.Sprint(pack.ExtInteger) {
		t.Errorf("the page says ext type %s, written is %d", said, pack.ExtInteger)
	}
}

// The page's numbers of instructions are those that the engine runs and that package pattern compiles to.
func TestInstructionsOfThePage(t *testing.T) {
	numbers := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) ([a-z ]+) \|`).FindAllStringSubmatch(page(t), -1) {
		numbers[row[2]] = int(number(t, row[1]))
	}
	bits := map[string]int{}
	for _, bit := range regexp.MustCompile(`(\d+) ((?:no )?(?:line|text|word) [a-z]+)`).FindAllStringSubmatch(found(t, `(?m)^\| 1 empty \|(.*)$`)[0], -1) {
		bits[bit[2]] = int(number(t, bit[1]))
	}
	match := pattern.Instruction{Op: numbers["match"]}
	one := func(name string, x, y int) []pattern.Instruction {
		return []pattern.Instruction{{Op: numbers[name], Out: 1, X: x, Y: y}, match}
	}
	empty := func(name string) []pattern.Instruction { return one("empty", bits[name], 0) }
	seen := map[string]bool{}
	for _, c := range []struct {
		name, pattern string // the instruction; what compiles to the program, if anything does
		program       []pattern.Instruction
		ranges        []rune
		yes, no       []string
	}{
		{"alt", "a*", []pattern.Instruction{{Op: numbers["alt"], Out: 1, X: 2}, {Op: numbers["rune"], Out: 0, X: 'a'}, match}, nil, []string{"", "aa", "b"}, nil},
		{"match", "", []pattern.Instruction{match}, nil, []string{"", "x"}, nil},
		{"fail", "", []pattern.Instruction{{Op: numbers["fail"]}}, nil, nil, []string{"", "x"}},
		{"nop", "", one("nop", 0, 0), nil, []string{"", "x"}, nil},
		{"class", "[ab]", one("class", 0, 2), []rune{'a', 'b'}, []string{"a", "xb"}, []string{"", "c"}},
		{"any", "(?s).", one("any", 0, 0), nil, []string{"a", "\n"}, []string{""}},
		{"any but newline", ".", one("any but newline", 0, 0), nil, []string{"a"}, []string{"", "\n"}},
		{"rune", "a", one("rune", 'a', 0), nil, []string{"a", "ba"}, []string{"", "b"}},
		{"empty", "(?m)^", empty("line start"), nil, []string{"", "a"}, nil},
		{"empty", "(?m)$", empty("line end"), nil, []string{"", "a"}, nil},
		{"empty", `\A`, empty("text start"), nil, []string{"", "a"}, nil},
		{"empty", `\z`, empty("text end"), nil, []string{"", "a"}, nil},
		{"empty", `\b`, empty("word boundary"), nil, []string{"a"}, []string{"", "-"}},
		{"empty", `\B`, empty("no word boundary"), nil, []string{"", "-"}, []string{"a"}},
	} {
		seen[c.name] = true
		if compiled, err := pattern.Compile(c.pattern); c.name != "fail" && c.name != "nop" &&
			(err != nil || compiled.Start != 0 || !slices.Equal(compiled.Instructions, c.program) || !slices.Equal(compiled.Ranges, c.ranges)) {
			t.Errorf("%q compiles to %v %v, by the page it is %v", c.pattern, compiled, err, c.program)
		}
		s := matching(t, c.program, c.ranges)
		for _, text := range append(slices.Clone(c.yes), c.no...) {
			if got := holds(s, text); got != slices.Contains(c.yes, text) {
				t.Errorf("%s in %q: the engine says %v", c.name, text, got)
			}
		}
	}
	if len(numbers) != len(seen) {
		t.Errorf("the page has the instructions %v, tested are %v", numbers, seen)
	}
}

// matching returns a snapshot with the flag f, which is on for a context whose attribute a matches a program.
func matching(t *testing.T, program []pattern.Instruction, ranges []rune) *engine.Snapshot {
	t.Helper()
	c := newCompiler()
	c.counts[engine.CountSegments]++
	c.counts[engine.CountConstraints]++
	c.counts[engine.CountValues]++
	c.Array(1)
	c.Array(4)
	c.Text("a")
	c.Int(int(engine.OpMatches))
	c.Array(1)
	c.Text("any pattern")
	c.program(&pattern.Program{Instructions: program, Ranges: ranges})
	flag, _ := CompileFlag(&flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.SegmentGate, Target: "s", Enabled: true}}}, Strict)
	data, err := Assemble(header, []Record{flag, {Kind: SegmentRecord, Key: "s", Body: c.Bytes(), Counts: c.counts}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func holds(s *engine.Snapshot, text string) bool {
	var d engine.Decision
	s.Evaluate("f", &engine.Input{Attributes: []engine.Attribute{engine.String("a", text)}, Now: noon}, new(engine.Scratch), &d)
	return d.Enabled
}

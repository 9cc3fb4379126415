package flagset

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
)

// gateProblems validates one gate of a flag with a boolean gate before it.
func gateProblems(g Gate) []Problem {
	return ValidateFlag(&Flag{Key: "f", Gates: []Gate{{Type: Boolean}, g}})
}

func rule(attribute, operator string, values ...any) Gate {
	return Gate{Type: Rule, Enabled: true, Constraints: []Constraint{{Attribute: attribute, Operator: operator, Values: values}}}
}

func TestGateProblems(t *testing.T) {
	for _, c := range []struct {
		gate Gate
		want string // severity, pointer, detail and hint; empty: no problem
	}{
		{Gate{Type: Actor, Target: "user:42"}, ""},
		{Gate{Type: Actor}, "error /gates/1/target: it is empty"},
		{Gate{Type: Group}, "error /gates/1/target: it is empty"},
		{Gate{Type: Actor, Target: strings.Repeat("x", 1025)}, "error /gates/1/target: 1025 bytes exceed the limit of 1024"},
		{Gate{Type: PercentageOfActors, Ratio: ptr(0.25)}, ""},
		{Gate{Type: PercentageOfActors}, "error /gates/1/ratio: it is missing"},
		{Gate{Type: PercentageOfActors, Ratio: ptr(1.5)}, "error /gates/1/ratio: 1.5 is not between 0 and 1 (both excluded) (for everyone, enable the boolean gate)"},
		{Gate{Type: PercentageOfActors, Ratio: ptr(1.0)}, "error /gates/1/ratio: 1 is not between"},
		{Gate{Type: PercentageOfTime, Ratio: ptr(0.0)}, "error /gates/1/ratio: 0 is not between 0 and 1 (both excluded) (for nobody, clear the percentage)"},
		{Gate{Type: PercentageOfTime, Ratio: ptr(-0.1)}, "error /gates/1/ratio: -0.1 is not"},
		{Gate{Type: PercentageOfTime, Ratio: ptr(math.NaN())}, "error /gates/1/ratio: NaN is not"},
		{Gate{Type: PercentageOfTime, Ratio: ptr(5e-324)}, ""},
		{Gate{Type: SegmentGate, Target: "s", Ratio: ptr(1.0)}, "error /gates/1/ratio: 1 is not between 0 and 1 (both excluded) (leave it out to grant everybody who matches)"},
		{Gate{Type: SegmentGate, Target: "a/b"}, `error /gates/1/target: "a/b" can't be a key: it has a slash`},
		{Gate{Type: Prerequisite, Target: ""}, `error /gates/1/target: "" can't be a key: it is empty`},
		{Gate{Type: "toggle"}, `error /gates/1/type: "toggle" is not a gate type`},
		{Gate{Type: Rule, Enabled: true}, "error /gates/1/constraints: a rule without constraints never matches"},
		{rule("", "eq", "a"), "error /gates/1/constraints/0/attribute: it is empty"},
		{rule("a", "is", "a"), `error /gates/1/constraints/0/operator: "is" is not an operator (operators are eq, neq`},
		{rule("a", "eq"), "error /gates/1/constraints/0/values: eq takes exactly one value, not 0 (for a list, use in)"},
		{rule("a", "neq", "b", "c"), "error /gates/1/constraints/0/values: neq takes exactly one value, not 2 (for a list, use not_in)"},
		{rule("a", "gt", int64(1), int64(2)), "error /gates/1/constraints/0/values: gt takes exactly one value"},
		{rule("a", "gt", true), "error /gates/1/constraints/0/values/0: gt compares numbers or text, but this is a boolean"},
		{rule("a", "contains", int64(5)), `error /gates/1/constraints/0/values/0: contains takes text, but this is a number (put it in quotes: "5")`},
		{rule("a", "matches", nil), "error /gates/1/constraints/0/values/0: matches takes a pattern, but this is null"},
		{rule("a", "matches", "abc(?=d)"), "error /gates/1/constraints/0/values/0: lookahead (?=…) at byte 3 is not part of RE2 (match the two parts with two constraints)"},
		{rule("a", "starts_with", int64(5)), `error /gates/1/constraints/0/values/0: starts_with takes text, but this is a number (put it in quotes: "5")`},
		{rule("a", "ends_with", "a", "b"), "error /gates/1/constraints/0/values: ends_with takes exactly one value, not 2"},
		{rule("a", "semver_gte", "v1.2"), `error /gates/1/constraints/0/values/0: "v1.2" is not a semantic version (a version has three numbers`},
		{rule("a", "semver_lt", 1.5), "error /gates/1/constraints/0/values/0: semver_lt takes a version, but this is a number"},
		{rule("a", "semver_lt", "2.0.0-rc.1+build.5"), ""},
		{rule("a", "eq", nil), "warning /gates/1/constraints/0/values/0: nothing equals null"},
		{rule("a", "in"), "warning /gates/1/constraints/0/values: nothing is in an empty list"},
		{rule("a", "not_in"), ""},
		{rule("a", "in", "5.0"), `warning /gates/1/constraints/0/values/0: "5.0" counts as a float here, which no integer equals`},
		{rule("a", "in", "5", int64(6), 1.5), ""},
		{rule("a", "in", "x", int64(6)), "warning /gates/1/constraints/0/values: the list mixes numbers and text"},
		{rule("a", "eq", math.Inf(1)), "error /gates/1/constraints/0/values/0: +Inf is not a number"},
		{rule("a", "eq", []any{math.NaN()}), "error /gates/1/constraints/0/values/0: NaN is not a number"},
		{rule("a", "eq", struct{}{}), "error /gates/1/constraints/0/values/0: a value can't be a struct {}"},
		{rule("a", "eq", strings.Repeat("x", 65537)), "error /gates/1/constraints/0/values/0: 65537 bytes exceed the limit of 65536"},
		{Gate{Type: Schedule}, ""},
		{Gate{Type: Schedule, From: ptr("2026-11-27T00:00:00")}, `error /gates/1/from: "2026-11-27T00:00:00" is not a time: the offset is missing, or not one of Z, +01, +0100 and +01:00 (add Z for UTC`},
		{Gate{Type: Schedule, Until: ptr("soon")}, `error /gates/1/until: "soon" is not a time: not of the form`},
		{Gate{Type: Schedule, From: ptr("2026-11-27T00:00:00Z"), Until: ptr("2026-11-27T01:00:00+01:00")}, "error /gates/1/until: the window never opens: until is not after from"},
		{Gate{Type: Schedule, From: ptr("2026-11-27T00:00:00Z"), Until: ptr("2026-11-27T00:00:00.000001Z")}, ""},
		{Gate{Type: VariantGate}, "error /gates/1/variants: there is no variant"},
		{Gate{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Integer(new(big.Int).Lsh(big.NewInt(1), 2000))}}}, "error /gates/1/variants/0/weight:"},
		{Gate{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Float(math.NaN())}}}, "error /gates/1/variants/0/weight: NaN is not"},
		{Gate{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Float(1e308)}, {Name: "b", Weight: Float(1e308)}}}, "error /gates/1/variants: the sum of the weights is beyond"},
		{Gate{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Int(0)}, {Name: "b", Weight: Float(0.5), Payload: []byte(`{}`)}}}, ""},
		{Gate{Type: VariantGate, Variants: []Variant{{Name: "a", Weight: Int(1), Payload: []byte(`true`)}, {Name: "b", Weight: Int(1)}, {Name: "c", Weight: Int(1), Payload: []byte(`1`)}}}, "error /gates/1/variants/2/payload: this is a number, but the payload before it is a boolean"},
		{Gate{Type: Boolean}, `error /gates/1: gate 0 already has the slot "boolean"`},
	} {
		problems := gateProblems(c.gate)
		got := ""
		if len(problems) > 0 {
			p := problems[0]
			got = p.Severity.String() + " " + p.Pointer + ": " + p.Detail
			if p.Hint != "" {
				got += " (" + p.Hint + ")"
			}
			if p.Flag != "f" || p.Gate != c.gate.Slot() {
				t.Errorf("%v is about flag %q, gate %q", p, p.Flag, p.Gate)
			}
		}
		if len(problems) > 1 || got == "" != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v\n got %v\nwant %s", c.gate, problems, c.want)
		}
	}
}

func TestFlagProblems(t *testing.T) {
	many := Flag{Key: "f", Description: strings.Repeat("x", MaxTextBytes+1), Owner: strings.Repeat("x", 1025), OffVariant: ptr("missing")}
	for i := range MaxTags + 1 {
		many.Tags = append(many.Tags, fmt.Sprint(i))
	}
	many.Tags[7] = strings.Repeat("x", 1025)
	var pointers []string
	for _, p := range ValidateFlag(&many) {
		pointers = append(pointers, p.Pointer)
	}
	if got := strings.Join(pointers, " "); got != "/description /owner /tags /tags/7 /off_variant" {
		t.Errorf("every problem at once, but got %s", got)
	}
}

// TestSurprises checks the warnings about what is allowed and yet decides otherwise than it reads.
func TestSurprises(t *testing.T) {
	rule := func(attribute, operator string, value any) Gate {
		return Gate{Type: Rule, Enabled: true, Constraints: []Constraint{{Attribute: attribute, Operator: operator, Values: []any{value}}}}
	}
	variants := func(payloads ...string) Gate {
		g := Gate{Type: VariantGate}
		for i, p := range payloads {
			g.Variants = append(g.Variants, Variant{Name: fmt.Sprint(i), Weight: Int(1), Payload: []byte(p)})
		}
		return g
	}
	for _, c := range []struct {
		gate Gate
		want string // part of the only warning; "": none
	}{
		{rule("app", "gte", "1.10.0"), "1.10.0 comes before 1.9.0"},
		{rule("app", "lt", "v2.0.0-rc.1"), "1.10.0 comes before 1.9.0"},
		{rule("app_version", "gt", "1.10"), "1.10 is 1.1"},
		{rule("price", "gt", "99.5"), ""},
		{rule("price", "gt", 99.5), ""},
		{rule("app", "semver_gte", "1.10.0"), ""},
		{rule("signup", "gt", "2026-11-27T08:30:00+01:00"), "out of order"},
		{rule("signup", "gt", "2026-11-27T08:30:00.5Z"), "out of order"},
		{rule("signup", "gt", "2026-11-27T08:30:00Z"), ""},
		{rule("signup", "gt", "2026-11-27"), ""},
		{rule("roles", "not_in", "banned"), "is a list"},
		{rule("groups", "neq", "banned"), "is a list"},
		{rule("roles", "in", "staff"), ""},
		{rule("status", "not_in", "banned"), ""},
		{rule("os", "neq", "ios"), ""},
		{variants("0.5", "1", "1.5"), "some payloads are integers"},
		{variants("1", "2"), ""},
		{variants("0.5", "1.5"), ""},
		{variants("9007199254740993"), "rounded in most languages"},
		{variants("-9007199254740993"), "rounded in most languages"},
		{variants(`{"a":[18446744073709551616]}`), "rounded in most languages"},
		{variants("9007199254740992"), ""},
		{variants(`"9007199254740993"`), ""},
	} {
		problems := ValidateFlag(&Flag{Key: "f", Gates: []Gate{c.gate}})
		ok := len(problems) == 0
		if c.want != "" {
			ok = len(problems) == 1 && problems[0].Severity == Warning && strings.Contains(problems[0].Detail, c.want)
		}
		if !ok {
			t.Errorf("%+v: %v, want %q", c.gate, problems, c.want)
		}
	}
}

func TestIntroduced(t *testing.T) {
	bad := Gate{Type: PercentageOfActors, Ratio: ptr(1.5)}
	before := ValidateFlag(&Flag{Key: "f", Gates: []Gate{bad}})
	moved := ValidateFlag(&Flag{Key: "f", Gates: []Gate{{Type: Actor, Target: "a"}, bad}})
	if new := Introduced(before, moved); len(new) > 0 {
		t.Errorf("a gate that moved is no new problem: %v", new)
	}
	worse := ValidateFlag(&Flag{Key: "f", Gates: []Gate{{Type: Actor}, bad}})
	if new := Introduced(before, worse); len(new) != 1 || new[0].Pointer != "/gates/0/target" {
		t.Errorf("%v", new)
	}
	twice := append(append([]Problem(nil), before...), before...)
	if new := Introduced(before, twice); len(new) != 1 {
		t.Errorf("the same problem once more is new: %v", new)
	}
}

// A string in a list must count as what the engine takes it for, which shows in how the operator in compares.
func TestNumericText(t *testing.T) {
	for text, want := range map[string]string{
		"5": "integer", "+5": "integer", "-0": "integer", "007": "integer", "12345678901234567890123": "integer",
		"5.0": "float", "1e5": "float", "1.0E5": "float", "-1.5e-3": "float", "1E+2": "float",
		"": "text", "+": "text", " 5": "text", "5.": "text", ".5": "text", "1_000": "text", "0x10": "text", "1.e5": "text", "1e": "text", "e5": "text",
		"Infinity": "text", "NaN": "text", "1.0e400": "text", "--5": "text", "1e5.5": "text", "1-5": "text", "٣": "text",
	} {
		got := "text"
		if integerText(text) {
			got = "integer"
		} else if _, ok := floatText(text); ok {
			got = "float"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

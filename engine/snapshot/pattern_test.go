package snapshot

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestPatternProblems(t *testing.T) {
	for pattern, want := range map[string]string{
		`abc(?=d)`:       "lookahead (?=…) at byte 3 is not part of RE2",
		`(?!x)`:          "lookahead (?!…) at byte 0 is not part of RE2",
		`\(?=x(?=y)`:     "lookahead (?=…) at byte 5 is not part of RE2",
		`[(?=]x(?=y)`:    "lookahead (?=…) at byte 6 is not part of RE2",
		`[]\](?=]x(?=y)`: "lookahead (?=…) at byte 9 is not part of RE2",
		`a(?<=b)`:        "lookbehind (?<=…) at byte 1 is not part of RE2",
		`(?<!b)`:         "lookbehind (?<!…) at byte 0 is not part of RE2",
		`(a)\1`:          `backreference \1 at byte 3 is not part of RE2`,
		`(?>a)`:          "atomic group (?>…) at byte 0 is not part of RE2",
		`a++`:            `the pattern is not RE2: invalid nested repetition operator "++" at byte 1`,
		`([unclosed`:     `the pattern is not RE2: missing closing ] "[unclosed" at byte 1`,
		`x[z-a]`:         `the pattern is not RE2: invalid character class range "z-a" at byte 2`,
		`*bad`:           `the pattern is not RE2: missing argument to repetition operator "*" at byte 0`,
		`a{2,1}`:         `the pattern is not RE2: invalid repeat count "{2,1}" at byte 1`,
		`(`:              "the pattern is not RE2: missing closing )",
		"\xff":           "the pattern is not RE2: invalid UTF-8",
		`(\pL{50}){20}`:  "the pattern needs ",
		strings.Repeat("a", engine.MaxPatternBytes+1): "a pattern of 1025 bytes is longer than 1024",
	} {
		if _, err := compilePattern(pattern); err == nil || !strings.HasPrefix(err.detail, want) {
			t.Errorf("%.40s: %v, want %s", pattern, err, want)
		}
	}
}

func TestPatternLimit(t *testing.T) {
	at, past := strings.Repeat("a", engine.MaxPatternInstructions-1), strings.Repeat("a", engine.MaxPatternInstructions)
	if p, err := compilePattern(at); err != nil || len(p.instructions) != engine.MaxPatternInstructions {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := compilePattern(past); err == nil || !strings.Contains(err.detail, "needs 513 steps, more than 512") {
		t.Errorf("past the limit: %v", err)
	}
}

// Programs hold what is needed and nothing else.
func TestPrograms(t *testing.T) {
	for pattern, want := range map[string]struct{ instructions, ranges int }{
		``: {1, 0}, `a`: {2, 0}, `(a)`: {2, 0}, `(((a)))`: {2, 0}, `a|b`: {2, 2}, `[a-c]x[a-c]`: {4, 2}, `(?i)k`: {2, 6}, `^a.b$`: {6, 0}, `(?s).`: {2, 0},
		`(?:ab|cd)+`: {7, 0}, `[^\x00-\x{10FFFF}]`: {2, 0}, `()*`: {3, 0},
	} {
		p, err := compilePattern(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if len(p.instructions) != want.instructions || len(p.ranges) != want.ranges || p.start != 0 {
			t.Errorf("%s: %d instructions and %d bounds from %d: %v", pattern, len(p.instructions), len(p.ranges), p.start, p.instructions)
		}
		for _, in := range p.instructions {
			if in.op == opNop {
				t.Errorf("%s: a step does nothing: %v", pattern, p.instructions)
			}
		}
	}
}

// matchedBy says what the engine answers for a rule with the pattern.
func matchedBy(t *testing.T, pattern, text string) bool {
	t.Helper()
	data, problems := Compile(Header{}, &Set{Flags: []Flag{{Key: "f", Gates: []Gate{rule("a", "matches", pattern)}}}}, Strict)
	if err := Err(problems); err != nil {
		t.Fatal(err)
	}
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	input := engine.Input{Attributes: []engine.Attribute{engine.String("a", text)}}
	var d engine.Decision
	s.Evaluate("f", &input, new(engine.Scratch), &d)
	return d.Enabled
}

// Programs mean what Go's regexp means.
func TestPatternsAsRegexp(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "ABC", "\n", "a\nb", "é", "ſK", "K", "a_b 9", "user@acme.com", "aaaa", "2026-01-01", "\u2028", "日本"}
	for _, pattern := range []string{
		``, `a`, `^a`, `a$`, `^$`, `\Aab\z`, `(?m)^b$`, `.`, `(?s)a.b`, `(?i)abc`, `(?i)k`, `(?i)ſ`, `[a-c]+$`, `[^a]`, `\bab\b`, `\B`, `\d{4}-\d\d`, `\w+@\w+\.com$`,
		`(a|ab)(c|bcd)?$`, `(a*)*b`, `\pL+`, `\p{Han}{2}`, `[[:upper:]]{3}`, `(?U)a+?b`, `x*`, `^.$`, `\x{e9}`, `\Qa_b\E`, `(?P<n>a)(?P<m>b)`, `a{2,3}`, `()*`, `(?i)[^k]`,
	} {
		re := regexp.MustCompile(pattern)
		for _, text := range texts {
			if got, want := matchedBy(t, pattern, text), re.MatchString(text); got != want {
				t.Errorf("%s on %q: %t, want %t", pattern, text, got, want)
			}
		}
	}
}

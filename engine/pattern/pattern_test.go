package pattern

import (
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
		strings.Repeat("a", engine.MaxPatternBytes+1): "a pattern of 1025 bytes exceeds the limit of 1024",
	} {
		if _, err := Compile(pattern); err == nil || !strings.HasPrefix(err.Detail, want) {
			t.Errorf("%.40s: %v, want %s", pattern, err, want)
		}
	}
}

func TestPatternLimit(t *testing.T) {
	at, past := strings.Repeat("a", engine.MaxPatternInstructions-1), strings.Repeat("a", engine.MaxPatternInstructions)
	if p, err := Compile(at); err != nil || len(p.Instructions) != engine.MaxPatternInstructions {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := Compile(past); err == nil || !strings.Contains(err.Detail, "needs 513 steps, more than the limit of 512") {
		t.Errorf("past the limit: %v", err)
	}
}

// A program has only the instructions that it needs.
func TestPrograms(t *testing.T) {
	for pattern, want := range map[string]struct{ instructions, ranges int }{
		``: {1, 0}, `a`: {2, 0}, `(a)`: {2, 0}, `(((a)))`: {2, 0}, `a|b`: {2, 2}, `[a-c]x[a-c]`: {4, 2}, `(?i)k`: {2, 6}, `^a.b$`: {6, 0}, `(?s).`: {2, 0},
		`(?:ab|cd)+`: {7, 0}, `[^\x00-\x{10FFFF}]`: {2, 0}, `()*`: {3, 0},
	} {
		p, err := Compile(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if len(p.Instructions) != want.instructions || len(p.Ranges) != want.ranges || p.Start != 0 {
			t.Errorf("%s: %d instructions and %d bounds from %d: %v", pattern, len(p.Instructions), len(p.Ranges), p.Start, p.Instructions)
		}
		for _, in := range p.Instructions {
			if in.Op == opNop {
				t.Errorf("%s: a step does nothing: %v", pattern, p.Instructions)
			}
		}
	}
}

package snapshot

import (
	"regexp"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// matchedBy returns the engine's answer for a rule with the pattern.
func matchedBy(t *testing.T, pattern, text string) bool {
	t.Helper()
	data, problems := Compile(Header{}, &flagset.Set{Flags: []flagset.Flag{{Key: "f", Gates: []flagset.Gate{rule("a", "matches", pattern)}}}}, Strict)
	if err := flagset.Err(problems); err != nil {
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

// A program matches what Go's regexp matches.
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

package engine_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// patterned loads a snapshot whose only program is that of pattern. It returns nil if the compiler refuses the pattern.
func patterned(t testing.TB, pattern string) *engine.Snapshot {
	set := flagset.Set{Segments: []flagset.Segment{{Key: "s", Constraints: []flagset.Constraint{
		{Attribute: "a", Operator: "matches", Values: []any{pattern}}}}}}
	data, problems := snapshot.Compile(snapshot.Header{Environment: "test"}, &set, snapshot.Strict)
	if flagset.Err(problems) != nil {
		return nil
	}
	return loaded(t, data)
}

func checkMatch(t *testing.T, pattern, text string) {
	t.Helper()
	re, err := regexp.Compile(pattern)
	s := patterned(t, pattern)
	if s == nil {
		return
	}
	if err != nil {
		t.Fatalf("%q compiled, though regexp says %v", pattern, err)
	}
	if got, want := s.MatchFirst(text), re.MatchString(text); got != want {
		t.Errorf("%q on %q: %v, want %v", pattern, text, got, want)
	}
}

func TestMatch(t *testing.T) {
	texts := []string{"", "a", "b", "ab", "abc", "AbC", "a\nb", "\n", "é", "aé", "日本語", "foo@acme.com", "x foo@acme.com y", "12-34", "_", "a b", "\xff", "a\xffb", "\u212a", "ſ",
		strings.Repeat("a", 200), strings.Repeat("ab", 100) + "c"}
	for _, p := range []string{"", "a", "^a", "a$", "^a$", "^$", "a|b", "(a|ab)(c|bcd)?$", "a*", "a+b", "a?b?c?$", "[a-c]+", "[^a]", ".", "^.$", "(?s)^.$", "(?m)^b$", "(?i)abc", `\d+-\d+`, `\bfoo\b`, `\Bo`, `\w+@acme\.(com|org)$`,
		`\pL`, `\p{Han}+`, `[[:alpha:]]`, `(?i)k`, `(?i)s`, `(?i)[k-s]`, "(a*)*$", "(a|aa)+$", "a{3,5}", "(ab){50,}c", `\x{e9}`, `\z`, `(?U)a+`, "x*", "(?:)", `[^\n]`, `\C?`} {
		for _, text := range texts {
			checkMatch(t, p, text)
		}
	}
}

// Random patterns are made of pieces that combine in every way.
func TestMatchRandomPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pieces := []string{"a", "b", "é", ".", "[ab]", "[^b]", "^", "$", `\b`, `\B`, "|", "a*", "b+", "(a|b)", "(ab)?", `\w`, `\d`, `\pL`, "(?i:B)", "a{2,3}"}
	letters := []string{"a", "b", "c", "é", "1", "\n", " ", "B", "\xfe"}
	for range 1_500 {
		var p, s strings.Builder
		for range 1 + r.IntN(6) {
			p.WriteString(pieces[r.IntN(len(pieces))])
		}
		for range r.IntN(12) {
			s.WriteString(letters[r.IntN(len(letters))])
		}
		checkMatch(t, p.String(), s.String())
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("(a|ab)(c|bcd)$", "abcd")
	f.Add(`(?i)\bk\B`, "\u212aé")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if utf8.ValidString(pattern) && len(pattern) < 200 && len(text) < 1000 {
			checkMatch(t, pattern, text)
		}
	})
}

package flagset

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestKeys(t *testing.T) {
	long := strings.Repeat("ß", MaxKeyRunes)
	for _, key := range []string{"a", "new_ui?", "save!", "_private", "my flag", "größe", "-x", "01", "yes", "null", "~", "{}", "%41", "a?b", "a#b", "a\\b", "旗", "🏁", "\"", "'", "a\u200db", "...", ".a", "a.", long} {
		var c checker
		if c.key(key); Err(c.problems) != nil {
			t.Errorf("%q: %v", key, c.problems)
		}
		if plain := plainKey.MatchString(key); plain != (len(c.problems) == 0) {
			t.Errorf("%q: plain %v, problems %v", key, plain, c.problems)
		}
	}
	for key, says := range map[string]string{
		"": "empty", " a": "white space", "a\u00a0": "white space", "a\n": "white space", "a\tb": "U+0009", "a/b": "slash", ".": "addresses", "..": "addresses",
		"a\x00b": "U+0000", "a\u202eb": "U+202E", "a\u2066b": "U+2066", "a\u2028b": "U+2028", "a\x9bb": "Unicode", "a\u009bb": "U+009B", "\xff": "Unicode", long + "x": "256 characters",
	} {
		if got := keyProblem(key); !strings.Contains(got, says) {
			t.Errorf("%q: %q, not %q", key, got, says)
		}
	}
}

func TestMistakenKeys(t *testing.T) {
	for key, others := range map[string][]string{
		"new_ui?": {"new_ui"}, "a#b?c": {"a"}, "a%41": {"aA"}, "a%41?b": {"aA?b", "aA"}, `.\on`: {"on"}, `x\..\on`: {"on"}, `%2e\on`: {`.\on`, "on"},
		`..\flags\on`: {"on"}, "100%": nil, "größe": nil, "a b": nil, "on": nil, "...": nil,
	} {
		if got := mistaken(key); !slices.Equal(slices.DeleteFunc(got, func(other string) bool { return keyProblem(other) != "" }), others) {
			t.Errorf("%q is mistaken for %q, not %q", key, got, others)
		}
	}
	both := &Set{Flags: []Flag{{Key: "new_ui"}, {Key: "new_ui?"}}}
	if problems := ValidateReferences(both); len(problems) != 1 || problems[0].Flag != "new_ui?" || problems[0].Severity != Error {
		t.Errorf("%v", problems)
	}
	both.Flags[0].Key = "new_ux"
	if problems := ValidateReferences(both); len(problems) != 0 {
		t.Errorf("%v", problems)
	}
}

// The schema's pattern takes every key, and what else it takes is white space at an end, a dot or two.
func FuzzKeyPattern(f *testing.F) {
	pattern := regexp.MustCompile(KeyPattern)
	for _, key := range []string{"a", "new_ui?", " a", "..", "a/b", "\u202e", "旗", strings.Repeat("ß", 256)} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if !utf8.ValidString(key) {
			return
		}
		key = strings.TrimSpace(key)
		if want := keyProblem(key) == "" || key == "." || key == ".."; pattern.MatchString(key) != want {
			t.Errorf("%q: the pattern says %v, and the validator %q", key, !want, keyProblem(key))
		}
	})
}

package flagset

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxKeyRunes is how many code points the key of a flag or a segment may have.
const MaxKeyRunes = 255

// KeyPattern is what the schema says of keys. Besides, a key doesn't begin or end with white space, and isn't "." or "..".
const KeyPattern = `^[^/\x00-\x1f\x7f-\x9f` + "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069" + `]{1,255}$`

// PlainKeyPattern is the pattern of keys that every client can ask for. Other keys are allowed, since flags of other
// systems have them and a new name would move actors, but a write warns of them.
const PlainKeyPattern = `^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$`

var plainKey = regexp.MustCompile(PlainKeyPattern)

// keyProblem returns what is wrong with a key of a flag or a segment, or "".
func keyProblem(key string) string {
	switch {
	case key == "":
		return "it is empty"
	case !utf8.ValidString(key):
		return "it isn't valid Unicode"
	case utf8.RuneCountInString(key) > MaxKeyRunes:
		return fmt.Sprintf("%d characters exceed the limit of %d", utf8.RuneCountInString(key), MaxKeyRunes)
	case key == "." || key == "..":
		return "addresses can't have it"
	case strings.TrimSpace(key) != key:
		return "it begins or ends with white space"
	}
	if strings.Contains(key, "/") {
		return "it has a slash"
	}
	return ControlProblem(key, "")
}

// ControlProblem returns what is wrong with a text of one line that people read, or "": it may not have characters that
// move a terminal's cursor, begin a line or turn the direction of writing, except those allowed.
func ControlProblem(text, allowed string) string {
	for _, r := range text {
		control := unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
		if control && !strings.ContainsRune(allowed, r) {
			return fmt.Sprintf("it has the control character %U", r)
		}
	}
	return ""
}

// key checks a flag's or a segment's own key.
func (c *checker) key(key string) {
	if problem := keyProblem(key); problem != "" {
		c.fail("/key", quoted(key)+" can't be a key: "+problem, "letters, digits and _ . : - are safe everywhere")
	} else if !plainKey.MatchString(key) {
		c.warn("/key", "some clients can't ask for "+quoted(key)+" alone, since they put it into an address as it is", "letters, digits and _ . : - are safe everywhere")
	}
}

// reference checks the key of a flag or a segment that a gate names.
func (c *checker) reference(key string) {
	if problem := keyProblem(key); problem != "" {
		c.fail("/target", quoted(key)+" can't be a key: "+problem, "")
	}
}

// mistaken returns the other keys that clients ask for instead of this one. OpenFeature's OFREP providers for Node, Python,
// Java and Rust put a key into an address as it is, where Node and Rust read a backslash as a slash, and the one for Go
// decodes it. In controlplane/httpapi, ofrepclients_test.go and ofrepgo_test.go show what they ask for.
func mistaken(key string) []string {
	if !strings.ContainsAny(key, `?#%\`) {
		return nil
	}
	const flags = "/ofrep/v1/evaluate/flags/"
	asked := key
	if i := strings.IndexAny(key, "?#"); i >= 0 {
		asked = key[:i]
	}
	asked = unescaped(asked)
	resolved, _ := strings.CutPrefix(path.Clean(flags+strings.ReplaceAll(asked, `\`, "/")), flags)
	var others []string
	for _, other := range []string{unescaped(key), asked, resolved} {
		if other != key && !slices.Contains(others, other) {
			others = append(others, other)
		}
	}
	return others
}

// unescaped decodes each %41.
func unescaped(key string) string {
	return escaped.ReplaceAllStringFunc(key, func(code string) string {
		b, _ := strconv.ParseUint(code[1:], 16, 8)
		return string([]byte{byte(b)})
	})
}

// escaped matches what an address has in place of a byte.
var escaped = regexp.MustCompile("%[0-9A-Fa-f]{2}")

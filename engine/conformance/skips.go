package conformance

import (
	"regexp"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// These are the kinds of cases that this engine cannot express, each with its reason. A case is skipped by its kind,
// never by its id.
// Why: RATIONALE.md "Why are some conformance cases skipped?"
const (
	SkipActor = "the reference raises for the actor: here an actor is a string or has no key, so nothing can raise"
	SkipError = "the reference raises for one of its answers: here a decision can't fail"
	SkipPCRE  = "the pattern needs lookaround or a backreference: patterns here are RE2, which takes linear time, and such a pattern is refused"
	SkipLine  = "$ before a last line break: PCRE matches there, RE2 only at the very end"
	SkipBytes = "a pattern on text beyond ASCII for which bytes and characters differ: the reference matches bytes, RE2 characters"
)

// skip returns the reason for skipping a case; empty if it isn't skipped.
func skip(c *Case, raised map[string]string) string {
	if len(raised) > 0 {
		if c.Request.Keyless {
			return SkipActor
		}
		return SkipError
	}
	for i := range c.Set.Flags {
		for j := range c.Set.Flags[i].Gates {
			if reason := skipPatterns(c.Set.Flags[i].Gates[j].Constraints, c.Request.Attributes); reason != "" {
				return reason
			}
		}
	}
	for i := range c.Set.Segments {
		if reason := skipPatterns(c.Set.Segments[i].Constraints, c.Request.Attributes); reason != "" {
			return reason
		}
	}
	return ""
}

// skipPatterns looks for a pattern that PCRE reads differently from RE2 on the text in the context.
func skipPatterns(constraints []flagset.Constraint, context map[string]any) string {
	for _, c := range constraints {
		text, isText := context[c.Attribute].(string)
		if c.Operator != "matches" || len(c.Values) != 1 || !isText {
			continue
		}
		pattern, isText := c.Values[0].(string)
		if !isText {
			continue
		}
		re, err := regexp.Compile(pattern)
		switch {
		case err != nil && containsAny(pattern, "(?=", "(?!", "(?<=", "(?<!", `\1`, `\2`, `\3`):
			return SkipPCRE
		case err != nil:
		case strings.HasSuffix(text, "\n") && re.MatchString(text) != re.MatchString(strings.TrimSuffix(text, "\n")):
			return SkipLine
		case beyondASCII(text) && containsAny(pattern, `\w`, `\W`, `\b`, `\B`, "[:"):
			return SkipBytes
		case beyondASCII(pattern+text) && byBytes(pattern, text) != re.MatchString(text):
			return SkipBytes
		}
	}
	return ""
}

// byBytes matches as if every byte were a character.
func byBytes(pattern, text string) bool {
	re, err := regexp.Compile(bytewise(pattern))
	return err == nil && re.MatchString(bytewise(text))
}

func bytewise(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func beyondASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return true
		}
	}
	return false
}

package flagset

import (
	"iter"
	"strconv"
	"strings"
)

// Severity says whether a problem prevents a write.
type Severity int

// These are the severities.
const (
	Error   Severity = iota // a write that introduces it is refused
	Warning                 // allowed, but worth a look
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText returns "error" or "warning".
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem says what is wrong, and where.
type Problem struct {
	Flag     string   `json:"flag,omitempty"`    // the flag's key, if it is a problem of a flag
	Segment  string   `json:"segment,omitempty"` // the segment's key, if it is a problem of a segment
	Gate     string   `json:"gate,omitempty"`    // the gate's slot
	Pointer  string   `json:"pointer"`           // JSON pointer into the flag's or segment's document, or else into the whole document
	Line     int      `json:"line,omitempty"`    // line of the text, counted from 1; 0 if it wasn't read from text
	Severity Severity `json:"severity"`
	Detail   string   `json:"detail"`
	Hint     string   `json:"hint,omitempty"`

	// Missing says that the gate names a flag or a segment that doesn't exist. A write may ask to allow that.
	Missing bool `json:"-"`

	// Scope says that the verb doesn't take such a scope, whatever the flag is.
	Scope bool `json:"-"`

	identity string // Introduced compares this instead of a detail that depends on other flags
}

// String returns the problem on one line, the way a compiler prints it.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		b.WriteString("line " + strconv.Itoa(p.Line) + ": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	switch {
	case p.Flag != "":
		b.WriteString("flag " + p.Flag + " ")
	case p.Segment != "":
		b.WriteString("segment " + p.Segment + " ")
	}
	if p.Gate != "" {
		b.WriteString("(" + p.Gate + ") ")
	}
	if p.Pointer != "" {
		b.WriteString(p.Pointer + ": ")
	}
	b.WriteString(p.Detail)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// MaxProblems is how many problems are shown: more than a person mends at once. Readers and validators collect one more
// of each severity for a document, or for a flag, so that whoever shows them can say that there are more.
const MaxProblems = 100

// InvalidError is an error that consists of problems.
type InvalidError struct{ Problems []Problem }

// Error returns the problems, one per line, up to MaxProblems.
func (e *InvalidError) Error() string {
	var lines []string
	for i, p := range e.Problems {
		if i == MaxProblems {
			lines = append(lines, "and more")
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Err returns nil if none of the problems is an error, or an *InvalidError with those that are.
func Err(problems []Problem) error {
	if failed := Errors(problems); len(failed) > 0 {
		return &InvalidError{Problems: failed}
	}
	return nil
}

// Errors returns the problems that prevent a write.
func Errors(problems []Problem) []Problem {
	var failed []Problem
	for _, p := range problems {
		if p.Severity == Error {
			failed = append(failed, p)
		}
	}
	return failed
}

// Join returns the problems of parsing followed by those of validation. It leaves out problems of validation that only
// follow from a part that could not be read.
func Join(parsed, validated []Problem) []Problem {
	type place struct{ flag, segment, pointer string }
	at, above := map[place]bool{}, map[place]bool{} // the places that could not be read, and everything around them
	for _, p := range parsed {
		if p.Severity == Error {
			at[place{p.Flag, p.Segment, p.Pointer}] = true
			for pointer := range outwards(p.Pointer) {
				above[place{p.Flag, p.Segment, pointer}] = true
			}
		}
	}
	joined := append([]Problem(nil), parsed...)
	for _, p := range validated {
		covered := above[place{p.Flag, p.Segment, p.Pointer}]
		for pointer := range outwards(p.Pointer) {
			covered = covered || at[place{p.Flag, p.Segment, pointer}]
		}
		if !covered {
			joined = append(joined, p)
		}
	}
	return joined
}

// outwards yields a pointer, and then the pointers to everything around it.
func outwards(pointer string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(pointer) && pointer != "" {
			pointer = pointer[:strings.LastIndexByte(pointer, '/')]
		}
	}
}

// Introduced returns the problems after a change that didn't exist before it. It compares problems by flag, slot and
// what is wrong, not by position, so a gate that only moved introduces none.
//
// Why: RATIONALE.md "Why do problems carry both a gate's slot and a pointer?"
func Introduced(before, after []Problem) []Problem {
	known := make(map[Problem]int, len(before))
	for _, p := range before {
		known[p.placeless()]++
	}
	var introduced []Problem
	for _, p := range after {
		if k := p.placeless(); known[k] > 0 {
			known[k]--
			continue
		}
		introduced = append(introduced, p)
	}
	return introduced
}

func (p Problem) placeless() Problem {
	p.Line = 0
	if p.identity != "" {
		p.Detail = ""
	}
	if rest, found := strings.CutPrefix(p.Pointer, "/gates/"); found {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			rest = rest[i:]
		} else {
			rest = ""
		}
		p.Pointer = "/gates" + rest
	}
	return p
}

// pointerToken escapes a name for a JSON pointer (RFC 6901).
func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// quoted returns a name for use in a sentence: in quotes, with unprintable characters escaped, and cut if it is long.
func quoted(name string) string {
	const most = 64
	count := 0
	for i := range name {
		if count++; count > most {
			name = name[:i] + "…"
			break
		}
	}
	return string(appendText(nil, name))
}

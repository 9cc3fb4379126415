package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Level says how sure a finding is, and how bad.
type Level int

// These are the levels, ascending.
const (
	Note    Level = iota // worth a look
	Warning              // most likely not meant
	Error                // a write would be refused
)

var levels = [...]string{"note", "warning", "error"}

// String returns "note", "warning" or "error".
func (l Level) String() string { return levels[l] }

// MarshalText returns "note", "warning" or "error".
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(text []byte) error {
	level, known := ParseLevel(string(text))
	if !known {
		return fmt.Errorf("%q is not note, warning or error", text)
	}
	*l = level
	return nil
}

// ParseLevel reads "note", "warning" or "error".
func ParseLevel(text string) (Level, bool) {
	i := slices.Index(levels[:], text)
	return Level(max(i, 0)), i >= 0
}

// Finding is one place that a rule speaks of.
type Finding struct {
	Rule    string `json:"rule"`
	Level   Level  `json:"level"`
	File    string `json:"file,omitempty"` // for whoever read the set from files
	Line    int    `json:"line,omitempty"` // counted from 1; 0 if it is unknown
	Flag    string `json:"flag,omitempty"`
	Segment string `json:"segment,omitempty"`
	Gate    string `json:"gate,omitempty"` // the gate's slot
	Pointer string `json:"pointer"`        // JSON pointer into the flag or the segment
	Detail  string `json:"detail"`
	Hint    string `json:"hint,omitempty"`
}

// Place returns where the finding is, for [flagset.Text.Lines].
func (f *Finding) Place() flagset.Place {
	return flagset.Place{Flag: f.Flag, Segment: f.Segment, Pointer: f.Pointer}
}

// Facts are what a set doesn't say about itself. The zero value knows nothing, and leaves out the rules that need to.
type Facts struct {
	Now    time.Time            // the time at which schedules are looked at
	Owners []string             // those that there are; nil: any
	Stale  map[string]time.Time // flags that no host has evaluated for long, with when one last did; zero: never
	Killed map[string]time.Time // killed flags that haven't been changed for long, with since when
}

// Check returns what the rules find, ascending by flag, then segment. set is sorted.
func Check(set *flagset.Set, facts Facts) []Finding {
	c := checker{set: set, facts: facts, used: map[string]bool{}}
	for i := range set.Flags {
		c.flag(&set.Flags[i])
	}
	for i := range set.Segments {
		c.segment(&set.Segments[i])
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		if (a.Flag == "") != (b.Flag == "") {
			return strings.Compare(b.Flag, a.Flag) // flags before segments
		}
		return strings.Compare(a.Flag+a.Segment, b.Flag+b.Segment)
	})
	return c.findings
}

// Of returns the finding of a problem of reading or validation.
func Of(p flagset.Problem) Finding {
	rule := Invalid
	if p.Severity == flagset.Warning {
		rule = Doubtful
	}
	return Finding{
		Rule: rule, Level: levelOf(rule), Line: p.Line, Flag: p.Flag, Segment: p.Segment, Gate: p.Gate, Pointer: p.Pointer,
		Detail: p.Detail, Hint: p.Hint,
	}
}

// checker collects findings.
type checker struct {
	set      *flagset.Set
	facts    Facts
	used     map[string]bool // segments that a flag names
	findings []Finding
	about    Finding // flag, segment and gate of the next findings
}

func (c *checker) found(rule, pointer, detail, hint string) {
	f := c.about
	f.Rule, f.Level, f.Pointer, f.Detail, f.Hint = rule, levelOf(rule), pointer, detail, hint
	c.findings = append(c.findings, f)
}

func (c *checker) segment(s *flagset.Segment) {
	c.about = Finding{Segment: s.Key}
	if !c.used[s.Key] {
		c.found(UnusedSegment, "", "no flag has a gate for it", "delete it, or use it")
	}
	c.constraints("", s.Constraints)
}

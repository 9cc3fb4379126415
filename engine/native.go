//go:build !gonfalon_module

package engine

import "strconv"

// This file is for native hosts. It uses Go outside the subset that the module is compiled from.

var codeText = [...]string{
	CodeOK:         "ok",
	CodeTooLarge:   "longer than a snapshot may be",
	CodeNotOurs:    "not a gonfalon snapshot",
	CodeFormat:     "a snapshot format that this engine doesn't read",
	CodeID:         "the content id doesn't match the bytes: they are truncated or altered",
	CodeMalformed:  "malformed",
	CodeCounts:     "the records don't add up to the header's counts",
	CodeLimit:      "past a limit",
	CodeOrder:      "the keys don't ascend, or one occurs twice",
	CodeReference:  "an index or a state is out of range",
	CodeTrailing:   "there are bytes after the end",
	CodeBase:       "the delta is for another snapshot",
	CodeMissing:    "the delta deletes a key that isn't there",
	CodeBuffer:     "the buffer is too small",
	CodeCollisions: "too many keys collide",
}

// String returns a sentence without a capital, or the number if this build doesn't know it.
func (c Code) String() string { return named(codeText[:], "code", int(c)) }

// LoadError is the error of a snapshot or a delta that was refused. It says what is wrong, and at which byte.
type LoadError struct {
	Code   Code
	Offset int
}

// Error returns the code's sentence, its number, and the offset.
func (e *LoadError) Error() string {
	return "engine: " + e.Code.String() + " (code " + strconv.Itoa(int(e.Code)) + ") at byte " + strconv.Itoa(e.Offset)
}

// Load reads a snapshot. It keeps a copy of data. An error is a [*LoadError].
func Load(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if code, at := s.Load(string(data)); code != CodeOK {
		return nil, &LoadError{code, int(at)}
	}
	return s, nil
}

// Apply returns the bytes of the snapshot that a delta turns s into. An error is a [*LoadError]. If its Code is
// CodeBase, the delta is for another snapshot, and the caller needs a full one.
func Apply(s *Snapshot, delta []byte) ([]byte, error) {
	view := stringOf(delta)
	out := make([]byte, s.SpliceSize(view))
	n, code, at := s.Splice(view, out)
	if code != CodeOK {
		return nil, &LoadError{code, int(at)}
	}
	return out[:n:n], nil
}

var reasonText = [...]string{"UNKNOWN_FLAG", "DEFAULT", "STATIC", "TARGETING_MATCH", "SPLIT", "KILLED", "PREREQUISITE", "NOT_READY"}

// String returns the reason's name, or its number if this build doesn't know it.
func (r Reason) String() string { return named(reasonText[:], "reason", int(r)) }

var countText = [...]string{"flags", "segments", "target slots", "rules", "constraints", "values", "variants", "prerequisites", "schedules",
	"patterns", "pattern instructions", "pattern ranges"}

// String returns the name of what c counts, in the plural.
func (c Count) String() string { return named(countText[:], "count", int(c)) }

var gateText = [...]string{"", "boolean", "actor", "group", "rule", "segment", "schedule", "percentage_of_actors", "percentage_of_time", "prerequisite", "kill"}

// String returns the gate's name, "" for GateNone, or its number if this build doesn't know it.
func (g Gate) String() string { return named(gateText[:], "gate", int(g)) }

var operatorText = [...]string{"eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches", "never",
	"semver_gte", "semver_lt", "starts_with", "ends_with"}

// String returns the operator's name, or its number if this build doesn't know it.
func (o Operator) String() string { return named(operatorText[:], "operator", int(o)) }

var outcomeText = [...]string{"no", "yes", "deny", "pass", "fail", "not_asked"}

// String returns the outcome's name, or its number if this build doesn't know it.
func (o Outcome) String() string { return named(outcomeText[:], "outcome", int(o)) }

// Draw returns the number in 1…10000 that a roll draws for the flag with this key. A percentage of time grants the
// numbers up to a limit.
func Draw(roll uint64, key string) int { return int(draw(roll, fnv1a(key))) }

// IsVersion reports whether s is a semantic version, which the operators semver_gte and semver_lt compare.
func IsVersion(s string) bool {
	_, ok := readVersion(s)
	return ok
}

// named returns names[n]. A newer build may have written a number that this one has no name for.
func named(names []string, kind string, n int) string {
	if n >= 0 && n < len(names) {
		return names[n]
	}
	return kind + " " + strconv.Itoa(n)
}

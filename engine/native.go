//go:build !gonfalon_module

package engine

import "strconv"

// This file is for native hosts: what it uses is outside the subset that the module is compiled from.

var codeText = [...]string{
	CodeOK:         "ok",
	CodeTooLarge:   "longer than a snapshot may be",
	CodeNotOurs:    "not a gonfalon snapshot",
	CodeFormat:     "a snapshot format that this engine doesn't read",
	CodeID:         "the content id doesn't match the bytes: they are truncated or altered",
	CodeMalformed:  "malformed",
	CodeCounts:     "the records don't add up to the header's counts",
	CodeLimit:      "past a limit",
	CodeOrder:      "keys are not ascending, or there is one twice",
	CodeReference:  "an index or a state is out of range",
	CodeTrailing:   "bytes after the end",
	CodeBase:       "the delta is for another snapshot",
	CodeMissing:    "the delta deletes a key that isn't there",
	CodeBuffer:     "the buffer is too small",
	CodeCollisions: "keys made to collide",
}

// String is a sentence without a capital.
func (c Code) String() string {
	if c >= 0 && int(c) < len(codeText) {
		return codeText[c]
	}
	return "code " + strconv.Itoa(int(c))
}

// LoadError says what is wrong with a snapshot or a delta, and at which byte.
type LoadError struct {
	Code   Code
	Offset int
}

func (e *LoadError) Error() string {
	return "engine: " + e.Code.String() + " (code " + strconv.Itoa(int(e.Code)) + ") at byte " + strconv.Itoa(e.Offset)
}

// Load reads a snapshot. It keeps a copy of data. The error is a *LoadError.
func Load(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if code, at := s.Load(string(data)); code != CodeOK {
		return nil, &LoadError{code, int(at)}
	}
	return s, nil
}

// Apply gives the bytes of the snapshot that a delta makes of s. The error is a *LoadError; a Code of CodeBase means that the
// delta is for another snapshot, and a full one is needed.
func Apply(s *Snapshot, delta []byte) ([]byte, error) {
	view := stringOf(delta)
	out := make([]byte, s.SpliceSize(view))
	n, code, at := s.Splice(view, out)
	if code != CodeOK {
		return nil, &LoadError{code, int(at)}
	}
	return out[:n:n], nil
}

var reasonText = [...]string{"UNKNOWN_FLAG", "DEFAULT", "STATIC", "TARGETING_MATCH", "SPLIT", "KILLED", "PREREQUISITE"}

func (r Reason) String() string { return reasonText[r] }

var gateText = [...]string{"", "boolean", "actor", "group", "rule", "segment", "schedule", "percentage_of_actors", "percentage_of_time", "prerequisite", "kill"}

func (g Gate) String() string { return gateText[g] }

var operatorText = [...]string{"eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches", "never"}

func (o Operator) String() string { return operatorText[o] }

var outcomeText = [...]string{"no", "yes", "deny", "pass", "fail", "not asked"}

func (o Outcome) String() string { return outcomeText[o] }

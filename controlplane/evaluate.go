package controlplane

import (
	"encoding/json"
	"time"
)

// Query is for whom and when to decide.
type Query struct {
	Actor   *string        // the targeting key; nil: none
	Groups  []string       // of the actor
	Context map[string]any // attributes: JSON values
	Now     time.Time      // zero: the time of At, else the clock's
	Roll    *uint64        // chance; nil: random
	At      At             // flags as of then; zero: now
}

// Evaluation is a decision.
type Evaluation struct {
	Key         string
	Environment string
	Revision    int64
	Known       bool // there is such a flag
	Enabled     bool
	Killed      bool
	Reason      string // as OpenFeature names it: STATIC, TARGETING_MATCH …
	Gate        string // what decided: "boolean", "actor" …; "": nothing did
	Target      string // of that gate
	Score       *float64
	HasVariant  bool
	Variant     string
	Payload     json.RawMessage // nil: none
}

// Explanation is a decision with every gate that was looked at, in order.
type Explanation struct {
	Evaluation
	Steps []Step
}

// Step is one gate that was looked at.
type Step struct {
	Flag    string `json:"flag"` // the flag, or one of its parents
	Gate    string `json:"gate"`
	Target  string `json:"target,omitempty"`
	Outcome string `json:"outcome"` // grants, denies, passes or no match
	Detail  string `json:"detail"`  // what was compared
}

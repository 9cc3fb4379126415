package api

import (
	"encoding/json"
	"time"
)

// Query says for whom and when to decide.
type Query struct {
	Actor    *string        `json:"actor,omitempty"` // the targeting key; if absent, the context's targetingKey
	Groups   []string       `json:"groups,omitempty"`
	Context  map[string]any `json:"context,omitempty"`
	Now      time.Time      `json:"now,omitzero"`      // if absent, the time of revision or time, or else the server's
	Roll     *uint64        `json:"roll,omitempty"`    // chance; random if absent
	Revision int64          `json:"revision,omitzero"` // the flags as of this revision
	Time     time.Time      `json:"time,omitzero"`     // the flags as of this time
}

// Evaluation is a decision.
type Evaluation struct {
	Key         string          `json:"key"`
	Environment string          `json:"environment"`
	Revision    int64           `json:"revision"`
	Known       bool            `json:"known"`
	Enabled     bool            `json:"enabled"`
	Killed      bool            `json:"killed"`
	Reason      string          `json:"reason"`
	Gate        string          `json:"gate,omitempty"`   // the gate that decided; absent for none
	Target      string          `json:"target,omitempty"` // that gate's target
	Score       *float64        `json:"score,omitempty"`
	Variant     *string         `json:"variant,omitempty"`
	Payload     json.RawMessage `json:"payload,omitempty"`
}

// Explanation is a decision with every gate that the engine looked at.
type Explanation struct {
	Evaluation
	Steps []Step `json:"steps"`
}

// Step is one gate that the engine looked at.
type Step struct {
	Gate    string `json:"gate"`
	Target  string `json:"target,omitempty"`
	Outcome string `json:"outcome"` // no, yes, deny, pass, fail or not_asked
	Detail  string `json:"detail"`  // what the gate compared, in words

	Comparisons []Comparison `json:"comparisons,omitempty"` // of rules and segments, up to the first that doesn't hold
	Draw        *Draw        `json:"draw,omitempty"`        // of a share
}

// Comparison is one constraint and what it was compared with. Values are JSON, cut if they are long.
type Comparison struct {
	Attribute string `json:"attribute"`
	Operator  string `json:"operator"`
	Values    string `json:"values"`           // of the constraint
	Actual    string `json:"actual,omitempty"` // of the context; absent if it has none
	Held      bool   `json:"held"`
}

// Draw is a number and up to which one a share is granted.
type Draw struct {
	Drawn *int64 `json:"drawn,omitempty"` // absent if there is no actor
	Most  int64  `json:"most"`            // the greatest that is granted
	Last  int64  `json:"last"`            // the greatest that there is
	Input string `json:"input,omitempty"` // whose SHA-256 begins with the number, in two bytes; absent for chance
}

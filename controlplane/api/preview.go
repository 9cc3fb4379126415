package api

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Proposal is a flag as it might be written, and the actors to compare it for.
type Proposal struct {
	Flag   flagset.Flag `json:"flag"`
	Delete bool         `json:"delete,omitempty"` // delete the flag instead
	Actors []Query      `json:"actors,omitempty"`
	Sample int          `json:"sample,omitempty"` // compare this many made-up ids too; without actors, 0 means 10,000
	Now    time.Time    `json:"now,omitzero"`
	Limit  int          `json:"limit,omitempty"` // how many changes to list
}

// Preview says which actors would get another decision.
type Preview struct {
	Asked          int             `json:"asked"`
	TurnOn         int             `json:"turn_on"`
	TurnOff        int             `json:"turn_off"`
	VariantChanged int             `json:"variant_changed"`
	Dependants     map[string]int  `json:"dependants"` // for each flag that needs this one, how many actors it changes for
	Changes        []PreviewChange `json:"changes"`
	Difference     Change          `json:"difference"`
	Problems       []Problem       `json:"problems"`
}

// PreviewChange is how the decision for one actor changes.
type PreviewChange struct {
	Flag   string     `json:"flag"`
	Actor  string     `json:"actor"`
	Before Evaluation `json:"before"`
	After  Evaluation `json:"after"`
}

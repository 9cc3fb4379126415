package api

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Proposal is a flag as it might be written, and contexts to decide for.
type Proposal struct {
	Flag   flagset.Flag `json:"flag"`
	Delete bool         `json:"delete,omitempty"` // delete the flag instead
	Actors []Query      `json:"actors,omitempty"` // at most 100,000
	Now    time.Time    `json:"now,omitzero"`
	Limit  int          `json:"limit,omitempty"` // how many of the actors' changes to list
}

// Preview says whose decision a change would change.
type Preview struct {
	Situations     []PreviewSituation `json:"situations"`      // everyone else first; of named actors only those for whom something changes
	SameActors     int                `json:"same_actors"`     // actors that gates name and for whom nothing changes
	WithoutContext []string           `json:"without_context"` // rules for which no context could be made: their situations are missing
	Omitted        int                `json:"omitted"`         // situations and dependent flags that were too many to look at
	Asked          int                `json:"asked"`           // the actors of the proposal
	TurnOn         int                `json:"turn_on"`         // of those
	TurnOff        int                `json:"turn_off"`        // of those
	VariantChanged int                `json:"variant_changed"` // of those
	Dependants     map[string]int     `json:"dependants"`      // for each flag that needs this one, for how many of those it changes
	Changes        []PreviewChange    `json:"changes"`         // of those
	Difference     Change             `json:"difference"`
	Words          *Words             `json:"words,omitempty"` // what the flag's gates do afterwards; absent if it is deleted
	Problems       []Problem          `json:"problems"`        // for which it would be refused
	Warnings       []Problem          `json:"warnings,omitempty"`
}

// PreviewSituation is how a change shows for those who are alike but for their scores and for chance.
type PreviewSituation struct {
	Who   string `json:"who"`
	Query Query  `json:"query"` // an example; with an actor only if a gate names it
	PreviewShare
	Dependants map[string]PreviewShare `json:"dependants"` // those that change
}

// PreviewShare says for which share of the actors, from 0 to 1, a flag's decision changes.
type PreviewShare struct {
	Before         float64 `json:"before"` // for how many the flag is on
	After          float64 `json:"after"`
	TurnOn         float64 `json:"turn_on"`
	TurnOff        float64 `json:"turn_off"`
	VariantChanged float64 `json:"variant_changed"`
	Exact          bool    `json:"exact"` // false if prerequisites had too many combinations to add up
}

// Changed reports whether anything changes.
func (s PreviewShare) Changed() bool { return s.TurnOn > 0 || s.TurnOff > 0 || s.VariantChanged > 0 }

// PreviewChange is how the decision for one actor changes.
type PreviewChange struct {
	Flag   string     `json:"flag"`
	Actor  string     `json:"actor"`
	Before Evaluation `json:"before"`
	After  Evaluation `json:"after"`
}

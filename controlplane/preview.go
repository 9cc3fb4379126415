package controlplane

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Proposal is a flag as it might be written.
type Proposal struct {
	Flag   snapshot.Flag
	Delete bool // the proposal is to delete Flag.Key
}

// PreviewQuery says over whom to compare.
type PreviewQuery struct {
	Actors []Query   // their At is not used
	Sample int       // and so many made-up ids, "sample:0" …; at most 100,000
	Now    time.Time // zero: the clock's
	Limit  int       // changes listed; 0: 100; at most 1000
}

// Preview is who would get another decision.
type Preview struct {
	Asked          int // actors
	TurnOn         int // of them, for the proposed flag
	TurnOff        int
	VariantChanged int
	Dependants     map[string]int // flags that need this one: how many actors they change for
	Changes        []PreviewChange
	Difference     Change
	Problems       []snapshot.Problem // why it could not be written, and warnings
}

// PreviewChange is one actor's other decision.
type PreviewChange struct {
	Flag   string
	Actor  string
	Before Evaluation
	After  Evaluation
}

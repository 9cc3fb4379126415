package api

import (
	"encoding/json"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/words"
)

// Flag is a flag's document with its metadata, in one JSON object.
type Flag struct {
	flagset.Flag
	FlagInfo
	Unknown []string // pointers to what a newer control plane wrote and this build skipped; whoever puts the flag back loses it
}

// FlagInfo is the metadata that the control plane adds to a flag. It is ignored when a flag is put.
type FlagInfo struct {
	Version           string    `json:"version"`
	Revision          int64     `json:"revision"` // the environment's revision that last changed the flag
	Created           time.Time `json:"created,omitzero"`
	Updated           time.Time `json:"updated,omitzero"`
	UpdatedBy         string    `json:"updated_by"`
	UpdatedOnBehalfOf string    `json:"updated_on_behalf_of,omitempty"` // for whom UpdatedBy made the last change; absent for itself
	State             State     `json:"state"`
	LastEvaluated     time.Time `json:"last_evaluated,omitzero"` // absent if never reported
	Evaluations       int64     `json:"evaluations"`
	Stale             bool      `json:"stale"`
	Words             *Words    `json:"words,omitempty"` // what the gates do; absent if this build can't read the flag
	Warnings          []Problem `json:"warnings,omitempty"`

	// Only the responses to changes have these.
	Enabled *bool `json:"enabled,omitempty"` // the flag's immediate state for the actors that the change was about
	Changed *bool `json:"changed,omitempty"` // false if it was like that already
}

// Words says what a flag's gates do.
type Words = words.Words

// FlagInfoFields lists the members of a FlagInfo.
var FlagInfoFields = []string{"version", "revision", "created", "updated", "updated_by", "updated_on_behalf_of", "state", "last_evaluated", "evaluations", "stale", "words", "warnings", "enabled", "changed"}

// MarshalJSON writes the authoring form and the info's members after it.
func (f Flag) MarshalJSON() ([]byte, error) { return JoinObjects(f.Flag, f.FlagInfo) }

// UnmarshalJSON reads what MarshalJSON of this or of a newer build writes.
func (f *Flag) UnmarshalJSON(data []byte) error {
	document, unknown, problems := flagset.LenientFlag(data, FlagInfoFields...)
	if err := flagset.Err(problems); err != nil {
		return err
	}
	f.Flag, f.Unknown = document, unknown
	return json.Unmarshal(data, &f.FlagInfo)
}

// FlagPage is a page of a list of flags.
type FlagPage struct {
	Flags    []Flag `json:"flags"`
	Next     string `json:"next,omitempty"` // the cursor of the next page; absent on the last page
	Total    int    `json:"total"`          // the number of flags on all pages
	Revision int64  `json:"revision"`
}

// State sums up a flag for a list.
type State string

// These are the states of a flag.
const (
	StateOn      State = "on"      // the boolean gate is on
	StatePartial State = "partial" // other gates grant it to some actors
	StateOff     State = "off"     // nothing grants it
	StateKilled  State = "killed"

	// This build can't read the flag: a newer one wrote it, or it is damaged. A list shows what is known of it.
	StateUnreadable State = "unreadable"
)

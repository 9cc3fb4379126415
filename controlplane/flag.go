package controlplane

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// State sums a flag up for a list.
type State string

// The states.
const (
	StateOn      State = "on"      // the boolean gate is on
	StatePartial State = "partial" // other gates grant it to some
	StateOff     State = "off"     // nothing grants it
	StateKilled  State = "killed"
)

// Flag is a flag with what is known about it.
type Flag struct {
	snapshot.Flag // the document; marshal it alone for the authoring form

	Version          string // changes with each change of the flag; for WriteOptions.IfMatch
	Revision         int64  // of the environment, that changed the flag last
	Created, Updated time.Time
	UpdatedBy        string
	State            State
	LastEvaluated    time.Time // zero: never reported
	Evaluations      int64     // as hosts reported them
	Stale            bool      // by the FlagQuery's age
	Warnings         []snapshot.Problem
}

// WriteResult is the answer to a change of a flag.
type WriteResult struct {
	Flag     Flag
	Enabled  bool  // its immediate state: as its own gates decide for the verb's actor or group, or for nobody in particular
	Revision int64 // of the environment
	Changed  bool  // false: it was like that already, and nothing was written
	Created  bool
	Warnings []snapshot.Problem
}

// FlagQuery filters and orders a list of flags. Its zero value gives the first hundred by key.
type FlagQuery struct {
	Search    string // part of the key, the description, the owner or a tag, whatever the case
	Tag       string
	Prefix    string // of the key
	Owner     string
	State     State
	Stale     time.Duration // marks flags that were not evaluated for so long
	OnlyStale bool          // and leaves out the others
	Sort      string        // key, updated, last_evaluated or state; a leading - turns it round. "": key
	Cursor    string        // Next of the page before
	Limit     int           // 0: 100; at most 1000
}

// FlagPage is a page of a list.
type FlagPage struct {
	Flags    []Flag
	Next     string // cursor of the next page; "": this is the last
	Total    int    // of all pages
	Revision int64
	Version  string // of the environment at this revision
}

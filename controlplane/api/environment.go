package api

import (
	"encoding/json"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Environment is a separate set of flags.
type Environment struct {
	Key         string           `json:"key"`
	Description string           `json:"description"`
	Settings    flagset.Settings `json:"settings"`
	Version     string           `json:"version"`
	Lineage     string           `json:"lineage"` // 32 hex digits
	Revision    int64            `json:"revision"`
	Flags       int              `json:"flags"`
	Segments    int              `json:"segments"`
	Created     time.Time        `json:"created,omitzero"`
	Updated     time.Time        `json:"updated,omitzero"`
}

// UnmarshalJSON reads an environment, also one with settings that this build doesn't know.
func (e *Environment) UnmarshalJSON(data []byte) error {
	type members Environment
	form := struct {
		*members
		Settings json.RawMessage `json:"settings"` // hides that of members
	}{members: (*members)(e)}
	if err := json.Unmarshal(data, &form); err != nil || form.Settings == nil {
		return err
	}
	settings, _, problems := flagset.LenientSettings(form.Settings)
	e.Settings = settings
	return flagset.Err(problems)
}

// EnvironmentList lists the environments that the token may see.
type EnvironmentList struct {
	Environments []Environment `json:"environments"`
}

// NewEnvironment is an environment to create.
type NewEnvironment struct {
	Key         string            `json:"key"`
	Description string            `json:"description,omitempty"`
	Settings    *flagset.Settings `json:"settings,omitempty"`
	From        string            `json:"from,omitempty"` // an environment to copy
}

// EnvironmentChange says what to change. A nil member stays as it is.
type EnvironmentChange struct {
	Description *string           `json:"description,omitempty"`
	Settings    *flagset.Settings `json:"settings,omitempty"`
}

// Copy says what to copy from another environment.
type Copy struct {
	From  string   `json:"from"`
	Flags []string `json:"flags,omitempty"` // copied with the segments and parents that they need; absent for everything, including settings
	Prune bool     `json:"prune,omitempty"` // delete what the source doesn't have
}

// Difference says what a change of many things did, or would do.
type Difference struct {
	Revision int64     `json:"revision"` // the environment's revision afterwards
	Written  bool      `json:"written"`  // false for a dry run, or if nothing differed
	Changes  []Change  `json:"changes"`
	Warnings []Problem `json:"warnings,omitempty"`
	Version  string    `json:"-"` // the environment's version afterwards or, of a dry run, now
}

// Import says how to import.
type Import struct {
	Prune    bool // delete what the set doesn't have
	Tolerant bool // store what is malformed so that it grants nothing, with warnings, instead of refusing the set
}

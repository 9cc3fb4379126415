package controlplane

import (
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// DefaultEnvironment always exists.
const DefaultEnvironment = "default"

// Environment is a set of flags of its own.
type Environment struct {
	Key, Description string
	Settings         snapshot.Settings
	Version          string
	Lineage          string // 32 hex digits
	Revision         int64
	Flags, Segments  int
	Created, Updated time.Time
}

// NewEnvironment says what to create.
type NewEnvironment struct {
	Key, Description string
	Settings         snapshot.Settings
	From             string // an environment to copy settings, flags and segments of; "": none
}

// EnvironmentChange says what to change; nil leaves it.
type EnvironmentChange struct {
	Description *string
	Settings    *snapshot.Settings
}

// CopyOptions say what of an environment to copy.
type CopyOptions struct {
	Flags []string // with the segments and parents that they need; nil: everything, settings too
	Prune bool     // delete what the source doesn't have; only when everything is copied
}

// ImportOptions say how to import a set.
type ImportOptions struct {
	Prune  bool // delete what the set doesn't have
	Strict bool // refuse problems, instead of storing what fails closed and warning of it
}

package gonfalon

import (
	"errors"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Engine turns a snapshot's bytes into decisions. Native returns one, package wasmengine the other. It may serve many
// clients.
type Engine interface {
	// Load checks data and makes it ready to decide. It keeps no part of data, and nothing at all of data that it
	// returns an error for.
	Load(data []byte) (Snapshot, error)
}

// Snapshot is a set of flags in an engine. It never changes, and is safe for any number of callers at once. Flags are
// numbered from 0 to Len−1, ascending by key.
type Snapshot interface {
	// Info describes the snapshot.
	Info() SnapshotInfo
	// Bytes returns the bytes that were loaded.
	Bytes() string
	// Len returns the number of flags.
	Len() int32
	// Key returns the key of flag i.
	Key(i int32) string
	// Find returns the number of a flag, or −1 for an unknown flag.
	Find(key string) int32

	// Decide decides flag i. The error is ErrRetired, or says that the engine broke twice in a row.
	Decide(i int32, in *engine.Input, d *engine.Decision) error
	// DecideAll decides the flags with these numbers into out, which has the same length; nil stands for all flags.
	DecideAll(flags []int32, in *engine.Input, out []engine.Decision) error
	// Explain returns the explanation of flag i, in the bytes that wasm/ABI.md describes.
	Explain(i int32, in *engine.Input) ([]byte, error)
	// Needs returns what deciding flag i can ask for, in the bytes that wasm/ABI.md describes.
	Needs(i int32) ([]byte, error)
	// Splice returns the bytes of the snapshot that a delta turns this one into. The error is a *engine.LoadError.
	Splice(delta []byte) ([]byte, error)

	// Retire lets the calls that have begun finish, and refuses others with ErrRetired. It doesn't wait.
	Retire()
}

// ErrRetired says that a snapshot has been replaced. The caller takes the one that serves now.
var ErrRetired = errors.New("gonfalon: the snapshot is retired")

// SnapshotInfo describes a snapshot.
type SnapshotInfo struct {
	ID          [engine.IDBytes]byte
	Environment string
	Position    Position // of a client's snapshot, with the content id
	Flags       int
	// Unreadable is the number of flags and segments that a newer control plane wrote in a form that the engine can't
	// read. Such a flag is off, and so is every flag that requires it, on or off.
	Unreadable int
}

// Position is a place in an environment's history.
type Position = engine.Position

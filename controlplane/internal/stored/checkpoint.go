package stored

import "github.com/gonfalon-flags/gonfalon/engine/snapshot"

// Checkpoint is a checkpoint in its stored form. Its records are in the body.
type Checkpoint struct {
	Head  []byte `msgpack:"head"`
	Body  string `msgpack:"body"`
	Parts int    `msgpack:"parts"`
}

// CheckpointRecord is one record in the body of a checkpoint.
type CheckpointRecord struct {
	Kind uint8  `msgpack:"kind"`
	Key  string `msgpack:"key"`
	Raw  []byte `msgpack:"raw"`
}

// RecordKind returns whether it is a flag or a segment.
func (r *CheckpointRecord) RecordKind() snapshot.Kind { return snapshot.Kind(r.Kind) }

package model

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Head says where an environment stands. Every change of the environment is a transaction guarded by the head's key, so
// two changes can't both build on the same state.
// Why: RATIONALE.md "Why is every write guarded by one key, the head, instead of by the keys that it touches?"
type Head struct {
	Lineage          []byte  `msgpack:"lineage"`
	Revision         int64   `msgpack:"revision"` // of the last change
	Time             int64   `msgpack:"time"`     // of the last change; later audit times are greater
	Generation       string  `msgpack:"generation"`
	Created          int64   `msgpack:"created"`
	Updated          int64   `msgpack:"updated"` // of settings and description
	SettingsRevision int64   `msgpack:"set"`     // the revision of settings and description
	Conflict         string  `msgpack:"conflict"`
	Description      string  `msgpack:"description,omitempty"`
	Deleted          bool    `msgpack:"deleted,omitempty"` // the head stays, so that an environment created again continues to count
	Nonce            []byte  `msgpack:"nonce"`             // of the last change; its writer recognises the change by it
	Stages           []Stage `msgpack:"stages,omitempty"`
	Floor            int64   `msgpack:"floor"` // the earliest revision that can be rebuilt
	Checkpoint       int64   `msgpack:"checkpoint,omitempty"`
	Logged           int64   `msgpack:"logged,omitempty"` // bytes of audit since the checkpoint
}

// Stage is a change that stores its parts before it becomes visible. While there is a stage, no piece is swept. A stage
// that is given up is removed from the head, which makes its change fail, and then its parts are swept.
type Stage struct {
	ID    string `msgpack:"id"`
	Began int64  `msgpack:"began"`
}

// StageAge is the age at which a stage is given up: more than ten times as long as the largest import takes.
const StageAge = 15 * time.Minute

// ParseHead reads a head from the store.
func ParseHead(data []byte) (Head, error) {
	var h Head
	if err := stored.Unmarshal(data, &h); err != nil {
		return Head{}, err
	}
	if len(h.Lineage) != 16 {
		return Head{}, fmt.Errorf("%w: a head without a lineage", stored.ErrBroken)
	}
	return h, nil
}

// LineageID returns the lineage.
func (h *Head) LineageID() [16]byte { return [16]byte(h.Lineage) }

// Settings returns the environment's settings.
func (h *Head) Settings() flagset.Settings {
	return flagset.Settings{GroupConflict: flagset.GroupConflict(h.Conflict)}
}

// Version returns a text that differs for each revision of each lineage.
func (h *Head) Version(revision int64) string {
	return hex.EncodeToString(h.Lineage[:4]) + "-" + strconv.FormatInt(revision, 10)
}

// next returns the head after one more change.
func (h *Head) next(now time.Time) Head {
	n := *h
	n.Revision++
	n.Time = max(h.Time+1, now.UnixMicro()) // times rise even if a clock goes back, or the clocks of two replicas differ
	n.Nonce = Random(8)
	n.Stages = slices.Clone(h.Stages)
	return n
}

// Precedes reports whether the next write of the environment can have made another head: its next revision, or the same
// one with other stages. Anything else belongs to another history.
func (h *Head) Precedes(next *Head) bool {
	if next.Revision == h.Revision {
		return bytes.Equal(next.Nonce, h.Nonce)
	}
	return next.Revision == h.Revision+1
}

// Staged reports whether the head notes a stage.
func (h *Head) Staged(id string) bool {
	return slices.ContainsFunc(h.Stages, func(s Stage) bool { return s.ID == id })
}

// Unstage removes a stage.
func (h *Head) Unstage(id string) {
	h.Stages = slices.DeleteFunc(slices.Clone(h.Stages), func(s Stage) bool { return s.ID == id })
}

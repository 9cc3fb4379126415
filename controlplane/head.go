package controlplane

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// head says where an environment stands. Every change of the environment is a transaction guarded by the head's key, so two changes can't
// both build on the same state.
// Why: RATIONALE.md "Why is every write guarded by one key, the head, instead of by the keys that it touches?"
type head struct {
	Lineage     []byte  `msgpack:"lineage"`
	Revision    int64   `msgpack:"revision"` // of the last change
	Time        int64   `msgpack:"time"`     // of the last change; later audit times are greater
	Generation  string  `msgpack:"generation"`
	Created     int64   `msgpack:"created"`
	Updated     int64   `msgpack:"updated"` // of settings and description
	Set         int64   `msgpack:"set"`     // the revision of settings and description
	Conflict    string  `msgpack:"conflict"`
	Description string  `msgpack:"description,omitempty"`
	Deleted     bool    `msgpack:"deleted,omitempty"` // the head stays, so that an environment created again continues to count
	Nonce       []byte  `msgpack:"nonce"`             // of the last change; its writer recognises the change by it
	Stages      []stage `msgpack:"stages,omitempty"`
	Floor       int64   `msgpack:"floor"` // the earliest revision that can be rebuilt
	Checkpoint  int64   `msgpack:"checkpoint,omitempty"`
	Logged      int64   `msgpack:"logged,omitempty"` // bytes of audit since the checkpoint
}

// stage is a change that stores its parts before it becomes visible. While there is a stage, no piece is swept. A stage that is given up is
// removed from the head, which makes its change fail, and then its parts are swept.
type stage struct {
	ID    string `msgpack:"id"`
	Began int64  `msgpack:"began"`
}

// stageAge is the age at which a stage is given up: more than ten times as long as the largest import takes.
const stageAge = 15 * time.Minute

func parseHead(data []byte) (head, error) {
	var h head
	if err := unmarshalStored(data, &h); err != nil {
		return head{}, err
	}
	if len(h.Lineage) != 16 {
		return head{}, fmt.Errorf("%w: a head without a lineage", errBroken)
	}
	return h, nil
}

func (h *head) lineage() [16]byte { return [16]byte(h.Lineage) }

func (h *head) position() Position { return Position{h.lineage(), h.Revision} }

func (h *head) settings() flagset.Settings {
	return flagset.Settings{GroupConflict: flagset.GroupConflict(h.Conflict)}
}

// version returns a text that differs for each revision of each lineage.
func (h *head) version(revision int64) string {
	return hex.EncodeToString(h.Lineage[:4]) + "-" + strconv.FormatInt(revision, 10)
}

// next returns the head after one more change.
func (h *head) next(now time.Time) head {
	n := *h
	n.Revision++
	n.Time = max(h.Time+1, now.UnixMicro()) // times rise even if a clock goes back, or the clocks of two replicas differ
	n.Nonce = random(8)
	n.Stages = slices.Clone(h.Stages)
	return n
}

func (h *head) staged(id string) bool {
	return slices.ContainsFunc(h.Stages, func(s stage) bool { return s.ID == id })
}

func (h *head) unstage(id string) {
	h.Stages = slices.DeleteFunc(slices.Clone(h.Stages), func(s stage) bool { return s.ID == id })
}

// random returns n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// randomName returns a name that is not in use anywhere.
func randomName() string { return hex.EncodeToString(random(8)) }

package controlplane

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// head says where an environment is. Every change of the environment is a transaction guarded by its key, so that two
// changes can't both build on what they have read.
type head struct {
	Lineage     []byte  `msgpack:"lineage"`
	Revision    int64   `msgpack:"revision"` // of the last change
	Time        int64   `msgpack:"time"`     // of the last change; audit times are past it
	Generation  string  `msgpack:"generation"`
	Created     int64   `msgpack:"created"`
	Updated     int64   `msgpack:"updated"` // of settings and description
	Set         int64   `msgpack:"set"`     // the revision of settings and description
	Conflict    string  `msgpack:"conflict"`
	Description string  `msgpack:"description,omitempty"`
	Deleted     bool    `msgpack:"deleted,omitempty"` // kept, so that an environment made anew goes on counting
	Nonce       []byte  `msgpack:"nonce"`             // of the last change, by which its writer knows it again
	Stages      []stage `msgpack:"stages,omitempty"`
	Floor       int64   `msgpack:"floor"` // the earliest revision that can be rebuilt
	Checkpoint  int64   `msgpack:"checkpoint,omitempty"`
	Logged      int64   `msgpack:"logged,omitempty"` // bytes of audit since the checkpoint
}

// stage is a change that puts things in place before it becomes visible. While there is one, no piece is swept; one that has
// been given up is removed from the head, which lets its change fail, and then what it put in place is swept.
type stage struct {
	ID    string `msgpack:"id"`
	Began int64  `msgpack:"began"`
}

// stageAge is when a stage counts as given up: more than ten times what the largest import takes.
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

func (h *head) settings() snapshot.Settings {
	return snapshot.Settings{GroupConflict: snapshot.GroupConflict(h.Conflict)}
}

// version tells a revision of one lineage from those of others.
func (h *head) version(revision int64) string {
	return hex.EncodeToString(h.Lineage[:4]) + "-" + strconv.FormatInt(revision, 10)
}

// next is the head after one more change.
func (h *head) next(now time.Time) head {
	n := *h
	n.Revision++
	n.Time = max(h.Time+1, now.UnixMicro()) // times rise even where a clock goes back, or two replicas' differ
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

// random is n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// randomName is a name that nobody else has.
func randomName() string { return hex.EncodeToString(random(8)) }

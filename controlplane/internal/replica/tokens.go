package replica

import (
	"crypto/sha256"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// tokenTable finds tokens by the hash of their secret. The map is indexed by the first half of the hash, which reveals
// nothing about the secret to a timing attack; the rest is compared in constant time.
type tokenTable struct {
	ByID   map[string]*stored.Token
	ByHash map[[16]byte]string
}

func newTokenTable() *tokenTable {
	return &tokenTable{map[string]*stored.Token{}, map[[16]byte]string{}}
}

func (t *tokenTable) clone() *tokenTable { return &tokenTable{copied(t.ByID), copied(t.ByHash)} }

func (t *tokenTable) put(key string, value []byte) error {
	var saved stored.Token
	if err := stored.Unmarshal(value, &saved); err != nil {
		return err
	}
	if len(saved.Hash) != sha256.Size {
		return fmt.Errorf("%w: a token without a hash", stored.ErrBroken)
	}
	id := stored.Tail(key)
	t.remove(id)
	t.ByID[id] = &saved
	t.ByHash[[16]byte(saved.Hash)] = id
	return nil
}

func (t *tokenTable) remove(id string) {
	if old := t.ByID[id]; old != nil {
		delete(t.ByID, id)
		delete(t.ByHash, [16]byte(old.Hash))
	}
}

func (t *tokenTable) event(e store.Event) error {
	if e.Deleted {
		t.remove(stored.Tail(e.Key))
		return nil
	}
	return t.put(e.Key, e.Value)
}

package stored

import (
	"context"
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// AuditEntry is an audit entry in its stored form.
type AuditEntry struct {
	Time       int64        `msgpack:"time"`
	By         string       `msgpack:"by"`
	OnBehalfOf string       `msgpack:"on_behalf_of,omitempty"`
	Token      string       `msgpack:"token,omitempty"`
	Reason     string       `msgpack:"reason,omitempty"`
	Action     string       `msgpack:"action"`
	Key        string       `msgpack:"key,omitempty"`
	Changes    []api.Change `msgpack:"changes,omitempty"`
	Names      []string     `msgpack:"names,omitempty"` // kind/key of the changes, if those are in the body
	Body       string       `msgpack:"body,omitempty"`
	Parts      int          `msgpack:"parts,omitempty"`
	Nonce      []byte       `msgpack:"nonce"`
}

// bodyPart is the size of each part of a body.
const bodyPart = 128 << 10

// BodyOps returns the operations that put a value in parts.
func BodyOps(env, id string, data []byte) []store.Op {
	var ops []store.Op
	for part := range slices.Chunk(data, bodyPart) {
		ops = append(ops, store.Op{Key: bodyKey(env, id, len(ops)), Value: part})
	}
	return ops
}

// ReadBody reads the value that bodyOps put.
func ReadBody(ctx context.Context, from store.Store, env, id string, parts int, v any) error {
	var data []byte
	n := 0
	if _, err := store.ReadAll(ctx, from, store.Under(BodyPrefix+env+"/"+id+"/"), func(e store.Entry) error {
		data = append(data, e.Value...)
		n++
		return nil
	}); err != nil {
		return err
	}
	if n != parts {
		return fmt.Errorf("%w: %d of %d parts of %s are there", ErrBroken, n, parts, id)
	}
	return Unmarshal(data, v)
}

// ParseEntry reads an audit entry, without its body.
func ParseEntry(env string, e store.Entry) (api.AuditEntry, AuditEntry, error) {
	var stored AuditEntry
	if err := Unmarshal(e.Value, &stored); err != nil {
		return api.AuditEntry{}, stored, fmt.Errorf("%s: %w", e.Key, err)
	}
	revision, err := RevisionOf(e.Key)
	if err != nil {
		return api.AuditEntry{}, stored, err
	}
	return api.AuditEntry{Environment: env, Revision: revision, Time: FromMicros(stored.Time), By: stored.By, OnBehalfOf: stored.OnBehalfOf, Token: stored.Token, Reason: stored.Reason,
		Action: stored.Action, Key: stored.Key, Changes: append([]api.Change{}, stored.Changes...)}, stored, nil
}

// FullEntry reads an audit entry with all its changes.
func FullEntry(ctx context.Context, from store.Store, env string, e store.Entry) (api.AuditEntry, error) {
	entry, stored, err := ParseEntry(env, e)
	if err == nil && stored.Body != "" {
		err = ReadBody(ctx, from, env, stored.Body, stored.Parts, &entry.Changes)
	}
	return entry, err
}

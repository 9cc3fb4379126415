package controlplane

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// storedEntry is an audit entry in its stored form.
type storedEntry struct {
	Time    int64    `msgpack:"time"`
	By      string   `msgpack:"by"`
	Reason  string   `msgpack:"reason,omitempty"`
	Action  string   `msgpack:"action"`
	Key     string   `msgpack:"key,omitempty"`
	Changes []Change `msgpack:"changes,omitempty"`
	Names   []string `msgpack:"names,omitempty"` // kind/key of the changes, if those are in the body
	Body    string   `msgpack:"body,omitempty"`
	Parts   int      `msgpack:"parts,omitempty"`
	Nonce   []byte   `msgpack:"nonce"`
}

// entry returns the operation that puts the draft's audit entry and, if the entry is large, those that put its body.
func (d *draft) entry() (op store.Op, body []store.Op, err error) {
	e := storedEntry{Time: d.head.Time, By: d.options.By, Reason: d.options.Reason, Action: d.action, Key: d.key,
		Changes: d.changes, Nonce: d.head.Nonce}
	op = store.Op{Key: auditKey(d.st.env, d.head.Revision), Value: marshalStored(e)}
	logged := len(op.Value)
	if len(op.Value) > maxInline {
		e.Changes = nil
		e.Body = hexRevision(d.head.Revision) + "-" + randomName()
		body = bodyOps(d.st.env, e.Body, marshalStored(d.changes))
		e.Parts = len(body)
		const most = 1000 // names, about 30 KB; an entry with more is read whole when somebody looks for a flag
		if len(d.changes) <= most {
			for _, c := range d.changes {
				e.Names = append(e.Names, c.Kind+"/"+c.Key)
			}
		}
		op.Value = marshalStored(e)
	}
	d.head.Logged = d.st.head.Logged + int64(logged)
	return op, body, nil
}

// bodyPart is the size of each part of a body.
const bodyPart = 128 << 10

func bodyOps(env, id string, data []byte) []store.Op {
	var ops []store.Op
	for part := range slices.Chunk(data, bodyPart) {
		ops = append(ops, store.Op{Key: bodyKey(env, id, len(ops)), Value: part})
	}
	return ops
}

// readBody reads the value that bodyOps put.
func (s *Service) readBody(ctx context.Context, env, id string, parts int, v any) error {
	var data []byte
	n := 0
	if _, err := store.ReadAll(ctx, s.store, store.Under(bodyPrefix+env+"/"+id+"/"), func(e store.Entry) error {
		data = append(data, e.Value...)
		n++
		return nil
	}); err != nil {
		return err
	}
	if n != parts {
		return fmt.Errorf("%w: %d of %d parts of %s are there", errBroken, n, parts, id)
	}
	return unmarshalStored(data, v)
}

// parseEntry reads an audit entry, without its body.
func parseEntry(env string, e store.Entry) (AuditEntry, storedEntry, error) {
	var stored storedEntry
	if err := unmarshalStored(e.Value, &stored); err != nil {
		return AuditEntry{}, stored, fmt.Errorf("%s: %w", e.Key, err)
	}
	revision, err := revisionOf(e.Key)
	if err != nil {
		return AuditEntry{}, stored, err
	}
	return AuditEntry{Environment: env, Revision: revision, Time: fromMicros(stored.Time), By: stored.By, Reason: stored.Reason,
		Action: stored.Action, Key: stored.Key, Changes: stored.Changes}, stored, nil
}

// revisionOf returns the number that newestFirst wrote.
func revisionOf(key string) (int64, error) {
	n, err := strconv.ParseUint(tail(key), 16, 64)
	if err != nil || n > 1<<63-1 {
		return 0, fmt.Errorf("%w: key %s", errBroken, key)
	}
	return 1<<63 - 1 - int64(n), nil
}

// fullEntry reads an audit entry with all its changes.
func (s *Service) fullEntry(ctx context.Context, env string, e store.Entry) (AuditEntry, error) {
	entry, stored, err := parseEntry(env, e)
	if err == nil && stored.Body != "" {
		err = s.readBody(ctx, env, stored.Body, stored.Parts, &entry.Changes)
	}
	return entry, err
}

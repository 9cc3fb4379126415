package controlplane_test

import (
	"encoding/binary"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// newer is a replica of a build to come: it writes records that this build doesn't know.
type newer struct {
	t  *testing.T
	db store.Store
}

// put stores a flag's value as the newer build has it, with the head and the audit entry that go with it.
func (n newer) put(key string, value []byte, document string) {
	n.t.Helper()
	e, err := store.ReadOne(n.t.Context(), n.db, stored.HeadKey(env))
	if err != nil {
		n.t.Fatal(err)
	}
	h, err := model.ParseHead(e.Value)
	if err != nil {
		n.t.Fatal(err)
	}
	h.Revision++
	h.Time++
	h.Nonce = model.Random(8)
	entry := stored.AuditEntry{Time: h.Time, By: "newer", Action: "flag.put", Key: key, Nonce: h.Nonce,
		Changes: []api.Change{{Kind: api.KindFlag, Key: key, Op: api.OpCreate, After: []byte(document)}}}
	result, err := n.db.Commit(n.t.Context(), store.Txn{
		Guards: []store.Guard{{Key: e.Key, Revision: e.Revision}},
		Ops: []store.Op{
			{Key: stored.RecordPrefix(env, h.Generation, snapshot.FlagRecord) + key, Value: value},
			{Key: stored.AuditKey(env, h.Revision), Value: stored.Marshal(entry)},
			{Key: e.Key, Value: stored.Marshal(h)},
		},
	})
	if err != nil || !result.Committed {
		n.t.Fatal(result, err)
	}
}

// record is a record with this many counts, a document and compiled bytes.
func (n newer) record(counts int, document string, compiled []byte) []byte {
	n.t.Helper()
	header, err := msgpack.Marshal(map[string]any{"revision": 2, "created": 1, "updated": 1, "by": "newer", "counts": make([]int, counts), "colour": "red"})
	if err != nil {
		n.t.Fatal(err)
	}
	raw := binary.AppendUvarint(nil, uint64(len(header)))
	raw = append(raw, header...)
	raw = binary.AppendUvarint(raw, uint64(len(document)))
	raw = append(raw, document...)
	value, _ := stored.Encode(append(raw, compiled...))
	return value
}

// lasting opens a service whose store the walker need not find sound: it can't read what is newer either.
func lasting(t *testing.T, db store.Store) *controlplane.Service {
	t.Helper()
	s, err := controlplane.Open(t.Context(), controlplane.Config{Store: db, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestANewerRecordTakesNothingElseWithIt: an older build beside a newer one loses what it can't read, and nothing else.
func TestANewerRecordTakesNothingElseWithIt(t *testing.T) {
	const document = `{"key":"f","hologram":true}`
	for _, c := range []struct {
		name  string
		value func(n newer, old []byte) []byte
		kept  bool // the compiled bytes can be read, or the last version
	}{
		{"another form of record", func(n newer, _ []byte) []byte { return n.record(13, document, []byte("newer")) }, true},
		{"another form of value", func(newer, []byte) []byte { return []byte{9, 1, 2, 3} }, true},
		{"another member of the document", func(n newer, old []byte) []byte {
			raw, _, err := stored.Decode(t.Context(), old, nil)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(raw), `"permanent":`, `"hologram_":`, 1) // as long
			value, _ := stored.Encode([]byte(text))
			return value
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := memstore.New()
			defer db.Close()
			running, ctx := lasting(t, db), t.Context()
			must[controlplane.WriteResult](t)(running.Enable(ctx, env, "f", flagset.ForActor("u"), by))
			must[controlplane.WriteResult](t)(running.Enable(ctx, env, "g", flagset.ForActor("u"), by))
			old, err := db.Read(ctx, store.Range{From: "flag/" + env + "/", To: "flag/" + env + "/~"})
			if err != nil || len(old.Entries) != 2 {
				t.Fatal(old, err)
			}
			value := c.value(newer{t, db}, old.Entries[0].Value)
			newer{t, db}.put("f", value, document)

			started := lasting(t, db)
			for _, s := range []*controlplane.Service{running, started} {
				page := must[api.FlagPage](t)(s.ListFlags(ctx, env, controlplane.FlagQuery{}))
				if len(page.Flags) != 2 || page.Flags[0].Key != "f" || page.Flags[0].State != api.StateUnreadable || len(page.Flags[0].Warnings) != 1 ||
					page.Flags[1].Key != "g" || page.Flags[1].State != api.StatePartial {
					t.Fatalf("the list is %+v", page.Flags)
				}
				index := indexOf(t, s)
				if len(index.Flags) != 2 || index.Flags[0].Key != "f" || index.Flags[0].State != api.StateUnreadable || index.Flags[1].State != api.StatePartial {
					t.Errorf("the index is %+v", index.Flags)
				}
				if _, err := s.Snapshot(ctx, env); err != nil {
					t.Fatal(err)
				}
				if !enabled(t, s, "g", "u", api.At{}) {
					t.Error("another flag is off")
				}
				must[api.Flag](t)(s.GetFlag(ctx, env, "g"))
				_, err := s.GetFlag(ctx, env, "f")
				want(t, err, api.Unavailable)
				_, err = s.Enable(ctx, env, "f", flagset.Scope{}, by)
				want(t, err, api.Unavailable)
				_, _, err = s.Export(ctx, env, api.At{})
				want(t, err, api.Unavailable)
				if err := s.Ready(); err != nil {
					t.Error(err)
				}
				i := slices.IndexFunc(s.Status().Environments, func(e controlplane.EnvironmentStatus) bool { return e.Key == env })
				if found := s.Status().Environments[i].Unreadable; !slices.Equal(found, []string{"flag/f"}) {
					t.Errorf("the status has %q", found)
				}
			}
			if enabled(t, running, "f", "u", api.At{}) != c.kept {
				t.Error("the last version that could be read is not kept")
			}

			// Other changes go on, and lose nothing: a large one writes a new generation of records.
			must[controlplane.WriteResult](t)(started.Disable(ctx, env, "g", flagset.Scope{}, by))
			must[api.Difference](t)(started.Import(ctx, env, manyFlags(400), api.Import{}, by))
			started.Sweep(ctx)
			now, err := db.Read(ctx, store.Range{From: "flag/" + env + "/", To: "flag/" + env + "/~"})
			if err != nil || len(now.Entries) != 402 || string(now.Entries[0].Value) != string(value) {
				t.Fatalf("%d records, and the newer one is %q (%v)", len(now.Entries), now.Entries[0].Value, err)
			}

			// The past goes on too, and when the newer build is gone, so is the trouble.
			then := must[api.Evaluation](t)(started.Evaluate(ctx, env, "g", api.Query{Actor: pointer("u"), Revision: 3}))
			if !then.Enabled {
				t.Error("the past is not what it was")
			}
			newer{t, db}.put("f", old.Entries[0].Value, document)
			must[controlplane.WriteResult](t)(running.Enable(ctx, env, "f", flagset.ForActor("v"), by))
			if found := must[api.Flag](t)(started.GetFlag(ctx, env, "f")); len(found.Gates) != 2 {
				t.Errorf("the flag is %+v", found)
			}
		})
	}
}

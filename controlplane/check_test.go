package controlplane_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// lived returns a store with something of everything: large flags in pieces, changes too large for an audit entry, a
// checkpoint, a deleted environment, tokens, a session, a webhook, usage and refusals.
func lived(t *testing.T) []store.Entry {
	db := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	large := flagset.Flag{Key: "large"}
	for i := range 5_000 {
		large.Gates = append(large.Gates, flagset.Gate{Type: flagset.Actor, Target: fmt.Sprintf("user:%d", i*7919), Enabled: true})
	}
	must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, large, by))
	must[controlplane.SegmentResult](t)(s.PutSegment(ctx, env, flagset.Segment{Key: "s", Constraints: []flagset.Constraint{{Attribute: "a", Operator: "eq", Values: []any{int64(1)}}}}, by))
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(400), api.Import{}, by))
	if err := s.Checkpoint(ctx, env); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, key, flagset.ForActor("u"), by))
	}
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "gone"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, "gone", "f", flagset.Scope{}, by))
	want(t, s.DeleteEnvironment(ctx, "gone", "gone", by), "")
	must[api.Webhook](t)(s.CreateWebhook(ctx, api.NewWebhook{Name: "n", URL: "https://example.com"}, by))
	_, err := s.Enable(ctx, "nope", "f", flagset.Scope{}, by)
	want(t, err, api.NotFound)
	if err := s.ReportUsage(ctx, env, []controlplane.FlagUsage{{Flag: "a", Count: 3}}); err != nil {
		t.Fatal(err)
	}
	if err := s.ReportHost(env, api.HostReport{ID: "h1", SDK: "go"}, ""); err != nil {
		t.Fatal(err)
	}
	s.WriteHosts(t.Context())
	token := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	signedIn(t, s, s.InitialToken())
	must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	s.WriteUsage(ctx)
	s.Sweep(ctx)
	var all []store.Entry
	if _, err := store.ReadAll(ctx, db, controlplane.Everything, func(e store.Entry) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// violations returns what the walker finds in a store with these entries.
func violations(t *testing.T, entries []store.Entry) []controlplane.Violation {
	t.Helper()
	db := memstore.New()
	defer db.Close()
	for _, e := range entries {
		if _, err := db.Commit(t.Context(), store.Txn{Ops: []store.Op{{Key: e.Key, Value: e.Value}}}); err != nil {
			t.Fatal(err)
		}
	}
	var list []controlplane.Violation
	for v, err := range controlplane.Check(t.Context(), db) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func TestCheckNamesEachKindOfDamage(t *testing.T) {
	sound := lived(t)
	if found := violations(t, sound); len(found) > 0 {
		t.Fatalf("a sound store has %v", found)
	}
	drop := func(store.Entry) []byte { return nil }
	cut := func(e store.Entry) []byte { return e.Value[:len(e.Value)/2] }
	add := func(store.Entry) []byte { return []byte{1, 0xc0} }
	for _, c := range []struct {
		key    string // of the first entry that begins so; with a "!": a new key
		nth    int    // the entry after so many others
		damage func(store.Entry) []byte
		detail string
		litter bool
	}{
		{key: "format", damage: drop, detail: "a newer layout would not be noticed"},
		{key: "format", damage: cut, detail: "it can't be read"},
		{key: "!restoring", damage: add, detail: "a restore has not finished"},
		{key: "!colour/red", damage: add, detail: "the layout has no such key"},
		{key: "!flag/nope/1/f", damage: add, detail: `the environment "nope" has no head`},
		{key: "head/default", damage: drop, detail: `the environment "default" has no head`},
		{key: "head/default", damage: cut, detail: "the head can't be read"},
		{key: "flag/default/", damage: cut, detail: "can't be read"},
		{key: "flag/default/", nth: 1, damage: wrong(sound, "flag/default/", 2), detail: "the document's key is"},
		{key: "flag/default/", nth: 1, damage: spoilt, detail: "the compiled bytes are not those of the document"},
		{key: "segment/default/", damage: cut, detail: "the record can't be read"},
		{key: "!flag/default/0123456789abcdef/f", damage: add, detail: "a generation that was replaced", litter: true},
		{key: "piece/default/", damage: drop, detail: "a piece is missing"},
		{key: "piece/default/", damage: cut, detail: "the piece"},
		{key: "piece/default/", damage: wrong(sound, "piece/default/", 1), detail: "the piece is not what its name says"},
		{key: "!piece/default/6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", damage: func(store.Entry) []byte { return []byte{1, 0} },
			detail: "no record has this piece", litter: true},
		{key: "audit/default/", damage: drop, detail: "is missing in the audit"},
		{key: "audit/default/", nth: 2, damage: drop, detail: "is missing in the audit"},
		{key: "audit/default/", nth: 1, damage: cut, detail: "the audit entry can't be read"},
		{key: "audit/default/", damage: wrong(sound, "audit/default/", 1), detail: "the newest entry is of another change than the head"},
		{key: "audit/default/", nth: 1, damage: wrong(sound, "audit/default/", 0), detail: "its time is not before that of the next entry"},
		{key: "audit/default/", nth: 1, damage: unlike, detail: "the change can't be undone"},
		{key: "body/default/", damage: drop, detail: "can't be read"},
		{key: "!body/default/0000000000000001-x/000000", damage: add, detail: "neither an audit entry nor a checkpoint has this body", litter: true},
		{key: "checkpoint/default/", damage: drop, detail: "the newest checkpoint is missing"},
		{key: "checkpoint/default/", damage: cut, detail: "the checkpoint can't be read"},
		{key: "token/", damage: cut, detail: "the token can't be read"},
		{key: "token/", damage: add, detail: "the token has no hash"},
		{key: "!token/twin", damage: wrong(sound, "token/", 0), detail: "has the secret of"},
		{key: "!used/nope", damage: add, detail: "there is no such token"},
		{key: "session/", damage: cut, detail: "the session can't be read"},
		{key: "session/", damage: wrong(sound, "once/", 0), detail: "another hash than its key says"},
		{key: "token/", damage: drop, detail: "there is no such token as the session's", litter: true},
		{key: "once/", damage: cut, detail: "the session can't be read"},
		{key: "webhook/", damage: cut, detail: "the webhook can't be read"},
		{key: "delivery/", damage: drop, detail: "would be told of everything again"},
		{key: "!delivery/nope", damage: add, detail: "there is no such webhook"},
		{key: "failure/", damage: cut, detail: "the refused change can't be read"},
		{key: "usage/default/", damage: cut, detail: "the usage can't be read"},
		{key: "!usage/default/zz", damage: add, detail: "the key of the usage can't be read"},
		{key: "hour/default/", damage: cut, detail: "the counts can't be read"},
		{key: "!day/default/zz/00000001", damage: add, detail: "the key of the counts can't be read"},
		{key: "!hour/default/0f/0006d000", damage: wrong(sound, "hour/default/", 0), detail: "belongs to another shard"},
		{key: "host/default/", damage: cut, detail: "the hosts can't be read"},
		{key: "!host/default/r", damage: add, detail: "the key of the hosts can't be read"},
		{key: "!host/default/r-0f", damage: wrong(sound, "host/default/", 0), detail: "belongs to another shard"},
	} {
		t.Run(strings.Trim(c.key, "!/")+": "+c.detail, func(t *testing.T) {
			var entries []store.Entry
			nth, done := c.nth, false
			if key, fresh := strings.CutPrefix(c.key, "!"); fresh {
				entries, done = append(entries, store.Entry{Key: key, Value: c.damage(store.Entry{Key: key})}), true
			}
			for _, e := range sound {
				if !done && strings.HasPrefix(e.Key, c.key) {
					if nth == 0 {
						done = true
						if e.Value = c.damage(e); e.Value == nil {
							continue
						}
					}
					nth--
				}
				entries = append(entries, e)
			}
			found := violations(t, entries)
			named := false
			for _, v := range found {
				named = named || strings.Contains(v.Detail, c.detail) && v.Litter == c.litter
			}
			if !named || !done {
				t.Errorf("found %v", found)
			}
		})
	}
}

// wrong puts the value of another entry in place of an entry's own.
func wrong(entries []store.Entry, prefix string, nth int) func(store.Entry) []byte {
	return func(store.Entry) []byte {
		for _, e := range entries {
			if strings.HasPrefix(e.Key, prefix) {
				if nth == 0 {
					return bytes.Clone(e.Value)
				}
				nth--
			}
		}
		panic("there is no such entry")
	}
}

// unlike returns an audit entry whose change was never made.
func unlike(e store.Entry) []byte {
	var entry stored.AuditEntry
	if err := stored.Unmarshal(e.Value, &entry); err != nil {
		panic(err)
	}
	entry.Changes[0].Op, entry.Changes[0].Before = api.OpUpdate, []byte(`{"gates":5}`)
	return stored.Marshal(entry)
}

// spoilt returns a record with a different last compiled byte.
func spoilt(e store.Entry) []byte {
	raw, _, err := stored.Decode(context.Background(), e.Value, nil)
	if err != nil {
		panic(err)
	}
	raw = bytes.Clone(raw)
	raw[len(raw)-1] ^= 1
	value, _ := stored.Encode(raw)
	return value
}

// TestCheckReadsOneRevision checks that writes during a walk don't confuse it.
func TestCheckReadsOneRevision(t *testing.T) {
	db := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(200), api.Import{}, by))
	writing, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < 500 && writing.Err() == nil; i++ {
			if _, err := s.Enable(ctx, env, fmt.Sprintf("f%05d", i%200), flagset.ForActor(fmt.Sprint(i)), by); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 5 {
		sound(t, db)
	}
	cancel()
	<-done
}

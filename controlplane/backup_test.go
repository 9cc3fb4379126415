package controlplane_test

import (
	"bytes"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestBackupAndRestore(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	must[api.Difference](t)(s.Import(ctx, "e", manyFlags(300), api.Import{}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	var backup bytes.Buffer
	want(t, s.Backup(ctx, &backup), "")
	saved := backup.Bytes()
	h := &host{t: t}
	h.take(watch(t, s, env, h.at).next(t))
	must[controlplane.WriteResult](t)(s.Disable(ctx, env, "f", flagset.ForActor("u"), by))
	h.follow(watch(t, s, env, h.at), 3) // the host has seen more than the backup has

	store := memstore.New()
	r := must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, store, bytes.NewReader(saved), controlplane.RestoreOptions{By: "ada"}))
	if len(r.Environments) != 2 {
		t.Errorf("restored %+v", r)
	}
	restored := open(t, controlplane.Config{Store: store})
	if restored.InitialToken() != "" {
		t.Error("a restored store has no admin token")
	}
	must[api.Token](t)(restored.Authenticate(s.InitialToken()))
	if export(t, restored, "e", api.At{}) != export(t, s, "e", api.At{}) {
		t.Error("the restored environment differs")
	}
	if !enabled(t, restored, "f", "u", api.At{}) {
		t.Error("the restored flag is not what it was")
	}
	// The host comes to the restored server with its old position, and gets a whole snapshot.
	wholes := h.wholes
	h.take(watch(t, restored, env, h.at).next(t))
	if h.wholes != wholes+1 || len(must[api.AuditPage](t)(restored.Audit(ctx, controlplane.AuditQuery{Action: "restore"})).Entries) != 3 {
		t.Errorf("%d whole snapshots", h.wholes)
	}
	if export(t, restored, env, api.At{Revision: 1}) == export(t, restored, env, api.At{}) {
		t.Error("the past before the restore is lost")
	}
	must[controlplane.WriteResult](t)(restored.Enable(ctx, env, "g", flagset.Scope{}, by))

	_, err := controlplane.Restore(ctx, store, bytes.NewReader(saved), controlplane.RestoreOptions{})
	want(t, err, api.Exists)
}

// TestARestoreSaysWhichTokensItRevives, and can leave them out.
func TestARestoreSaysWhichTokensItRevives(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	leaked := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "leaked", Role: api.RoleEditor}, by))
	var backup bytes.Buffer
	want(t, s.Backup(ctx, &backup), "")
	want(t, s.RevokeToken(ctx, leaked.ID, by), "")

	all := memstore.New()
	r := must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, all, bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{}))
	if len(r.Tokens) != 2 || r.Tokens[1].ID != leaked.ID || r.Tokens[1].Name != "leaked" {
		t.Errorf("it says %+v", r.Tokens)
	}
	must[api.Token](t)(open(t, controlplane.Config{Store: all}).Authenticate(leaked.Secret))

	none := memstore.New()
	r = must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, none, bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{WithoutTokens: true}))
	without := open(t, controlplane.Config{Store: none})
	_, err := without.Authenticate(leaked.Secret)
	if controlplane.CodeOf(err) != api.Unauthorized || len(r.Tokens) != 0 || without.InitialToken() == "" {
		t.Errorf("without tokens: %v, %+v, a new admin token: %t", err, r.Tokens, without.InitialToken() != "")
	}
}

func TestADamagedBackupRestoresNothing(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), by))
	var backup bytes.Buffer
	want(t, s.Backup(ctx, &backup), "")
	saved := backup.Bytes()
	all := must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, memstore.New(), bytes.NewReader(saved), controlplane.RestoreOptions{}))
	// Some bits of gzip have no meaning: then everything is restored. Otherwise nothing is.
	try := func(data []byte) {
		t.Helper()
		store := memstore.New()
		r, err := controlplane.Restore(ctx, store, bytes.NewReader(data), controlplane.RestoreOptions{})
		if err == nil && r.Keys == all.Keys {
			return
		}
		want(t, err, api.Invalid)
		if page, err := store.Read(ctx, controlplane.Everything); err != nil || len(page.Entries) > 0 {
			t.Fatalf("%d keys were restored, %v", len(page.Entries), err)
		}
	}
	for n := 0; n < len(saved); n += 1 + len(saved)/100 {
		_, err := controlplane.Restore(ctx, memstore.New(), bytes.NewReader(saved[:n]), controlplane.RestoreOptions{})
		want(t, err, api.Invalid)
		altered := bytes.Clone(saved)
		altered[n] ^= 0x20
		try(altered)
	}
	try(append(bytes.Clone(saved), saved...))
	endless := &zeros{}
	_, err := controlplane.Restore(ctx, memstore.New(), endless, controlplane.RestoreOptions{})
	if want(t, err, api.Invalid); endless.read > 1<<20 {
		t.Errorf("%d bytes were copied of what is no backup", endless.read)
	}
}

// zeros has them without end.
type zeros struct{ read int }

func (c *zeros) Read(p []byte) (int, error) {
	clear(p)
	c.read += len(p)
	return len(p), nil
}

func TestABrokenOffRestoreIsNoticedAndMadeAgain(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(300), api.Import{}, by))
	var backup bytes.Buffer
	want(t, s.Backup(ctx, &backup), "")
	store := &flaky{Store: memstore.New()}
	store.failAfter(2)
	_, err := controlplane.Restore(ctx, store, bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{})
	want(t, err, api.Unavailable)
	store.failAfter(-1)
	_, err = controlplane.Open(ctx, controlplane.Config{Store: store})
	want(t, err, api.Unavailable)
	must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, store, bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{}))
	if export(t, open(t, controlplane.Config{Store: store}), env, api.At{}) != export(t, s, env, api.At{}) {
		t.Error("the restored environment differs")
	}
}

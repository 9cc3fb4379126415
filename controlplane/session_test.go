package controlplane_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// signedIn begins a session and returns its secret.
func signedIn(t *testing.T, s *controlplane.Service, token string) string {
	t.Helper()
	_, secret, err := s.BeginSession(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// ended waits until a replica has heard that a session ended, and fails the test unless it then refuses it.
func ended(t *testing.T, s *controlplane.Service, session string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range s.TokenChanges(ctx) {
		if _, _, err := s.Session(session); err == nil {
			continue
		}
		_, _, err := s.AwaitSession(t.Context(), session)
		want(t, err, api.Unauthorized)
		return
	}
	t.Fatal("the session goes on")
}

// hashed returns the keys under a prefix, and fails the test if a secret is in a value.
func hashed(t *testing.T, db store.Store, prefix string, secrets ...string) []string {
	t.Helper()
	var all []string
	if _, err := store.ReadAll(t.Context(), db, store.Under(prefix), func(e store.Entry) error {
		all = append(all, e.Key)
		for _, secret := range secrets {
			if bytes.Contains(e.Value, []byte(secret)) || strings.Contains(e.Key, secret) {
				t.Errorf("%s holds the secret", e.Key)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSessions begins sessions on one replica, and ends them in each way on another.
func TestSessions(t *testing.T) {
	now, db := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: db}), t.Context()
	other := open(t, controlplane.Config{Clock: now.Now, Store: db})
	token := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "ada", Role: api.RoleEditor, Envs: []string{env}}, by))
	d, session, err := s.BeginSession(ctx, token.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if d.Token != token.ID || d.Name != "ada" || d.Role != api.RoleEditor || !slices.Equal(d.Environments, token.Envs) || !d.Expires.Equal(now.Now().Add(controlplane.SessionLifetime)) {
		t.Errorf("the session is %+v", d)
	}
	hashed(t, db, stored.SessionPrefix, session)
	again, acts, err := other.AwaitSession(ctx, session)
	if err != nil || acts.ID != token.ID || again.ID != d.ID {
		t.Fatalf("another replica knows %+v, %+v, %v", again, acts, err)
	}
	for _, wrong := range []string{"", token.Secret, session[:len(session)-1], session + "x", strings.ToLower(session), d.ID} {
		ended(t, s, wrong)
	}
	if _, err := s.Authenticate(session); err == nil {
		t.Error("a session's secret works as a token")
	}

	want(t, other.EndSession(ctx, session), "")
	ended(t, s, session)
	want(t, s.EndSession(ctx, session), "") // once more is no error

	session = signedIn(t, s, token.Secret)
	now.turn(controlplane.SessionLifetime)
	ended(t, s, session)

	session = signedIn(t, s, token.Secret)
	want(t, other.RevokeToken(ctx, token.ID, by), "")
	ended(t, s, session)
	_, _, err = s.BeginSession(ctx, token.Secret)
	want(t, err, api.Unauthorized)

	s.Sweep(ctx)
	if left := hashed(t, db, stored.SessionPrefix); len(left) > 0 {
		t.Errorf("after a sweep there is still %v", left)
	}
}

// TestWhoCanNotSignIn: what reads nothing has no use for pages that show flags, and a site's pages have its token in them.
func TestWhoCanNotSignIn(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	for _, role := range []api.Role{api.RoleClient, api.RoleSDK} {
		token := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "n", Role: role}, by))
		_, _, err := s.BeginSession(ctx, token.Secret)
		want(t, err, api.Forbidden)
		_, err = s.CreateSignIn(ctx, token.ID)
		want(t, err, api.Forbidden)
	}
	_, _, err := s.BeginSession(ctx, "gfn_admin_somebody_guesses_this")
	want(t, err, api.Unauthorized)
	_, err = s.CreateSignIn(ctx, "nobody")
	want(t, err, api.Unauthorized)
}

// TestASessionEndsWithItsToken: a session lasts no longer than its token, and one of the configured token only as long as
// the token has the secret that it was begun with.
func TestASessionEndsWithItsToken(t *testing.T) {
	now, db := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: db, AdminToken: "correct-horse-battery"}), t.Context()
	brief := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleViewer, Expires: now.Now().Add(time.Hour)}, by))
	first, configured := signedIn(t, s, brief.Secret), signedIn(t, s, "correct-horse-battery")
	now.turn(time.Hour)
	ended(t, s, first)
	if _, _, err := s.Session(configured); err != nil {
		t.Error(err)
	}
	ended(t, open(t, controlplane.Config{Clock: now.Now, Store: db, AdminToken: "another-horse-battery"}), configured)
}

// TestSignIn spends one-time secrets.
func TestSignIn(t *testing.T) {
	now, db := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: db}), t.Context()
	other := open(t, controlplane.Config{Clock: now.Now, Store: db})
	token := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "ada", Role: api.RoleViewer}, by))
	made := must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	hashed(t, db, stored.OncePrefix, made.Secret)
	if !made.Expires.Equal(now.Now().Add(10 * time.Minute)) {
		t.Errorf("it expires %v", made.Expires)
	}
	_, _, err := s.Session(made.Secret)
	want(t, err, api.Unauthorized)
	_, _, err = s.BeginSession(ctx, made.Secret)
	want(t, err, api.Unauthorized)

	d, session, err := other.RedeemSignIn(ctx, made.Secret)
	if err != nil || d.Token != token.ID {
		t.Fatal(d, err)
	}
	if _, _, err := other.Session(session); err != nil {
		t.Error(err)
	}
	for _, spent := range []string{made.Secret, session, token.Secret, "", "gfn_once_A"} {
		_, _, err = s.RedeemSignIn(ctx, spent)
		want(t, err, api.Unauthorized)
	}

	late := must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	now.turn(controlplane.SignInLifetime)
	_, _, err = s.RedeemSignIn(ctx, late.Secret)
	want(t, err, api.Unauthorized)

	revoked := must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	want(t, s.RevokeToken(ctx, token.ID, by), "")
	_, _, err = s.RedeemSignIn(ctx, revoked.Secret)
	want(t, err, api.Unauthorized)
	s.Sweep(ctx)
	if left := hashed(t, db, stored.OncePrefix); len(left) > 0 {
		t.Errorf("after a sweep there is still %v", left)
	}
}

// TestASignInIsSpentOnce: of many that spend one secret at the same time, on two replicas, one gets a session.
func TestASignInIsSpentOnce(t *testing.T) {
	db := memstore.New()
	replicas := []*controlplane.Service{open(t, controlplane.Config{Store: db}), open(t, controlplane.Config{Store: db})}
	token := must[api.Token](t)(replicas[0].Authenticate(replicas[0].InitialToken()))
	for range 20 {
		made := must[api.SignIn](t)(replicas[0].CreateSignIn(t.Context(), token.ID))
		var racing sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			racing.Go(func() { _, _, errs[i] = replicas[i%2].RedeemSignIn(context.Background(), made.Secret) })
		}
		racing.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				want(t, err, api.Unauthorized)
			}
		}
		if won != 1 {
			t.Fatalf("%d of %d got a session", won, len(errs))
		}
	}
}

// TestSessionsAreBounded: one token's sessions and one-time secrets don't fill the store, and the newest ones work.
func TestSessionsAreBounded(t *testing.T) {
	now, db := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: db}), t.Context()
	token := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	var sessions []string
	var made []api.SignIn
	for range 100 {
		now.turn(time.Second)
		sessions = append(sessions, signedIn(t, s, s.InitialToken()))
		made = append(made, must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID)))
	}
	if n := len(hashed(t, db, stored.SessionPrefix)); n != 64 {
		t.Errorf("there are %d sessions", n)
	}
	if n := len(hashed(t, db, stored.OncePrefix)); n != 16 {
		t.Errorf("there are %d one-time secrets", n)
	}
	ended(t, s, sessions[0])
	if _, _, err := s.Session(sessions[99]); err != nil {
		t.Error(err)
	}
	_, _, err := s.RedeemSignIn(ctx, made[0].Secret)
	want(t, err, api.Unauthorized)
	if _, _, err := s.RedeemSignIn(ctx, made[99].Secret); err != nil {
		t.Error(err)
	}
	now.turn(controlplane.SessionLifetime) // what has expired is removed little by little, without a sweep
	for range 20 {
		signedIn(t, s, s.InitialToken())
	}
	if n := len(hashed(t, db, stored.SessionPrefix)); n > 20 {
		t.Errorf("there are still %d sessions", n)
	}
}

// TestABackupHasNoSessions: one that was ended since must not begin again.
func TestABackupHasNoSessions(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	token := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	session, made := signedIn(t, s, s.InitialToken()), must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	var backup bytes.Buffer
	if err := s.Backup(ctx, &backup); err != nil {
		t.Fatal(err)
	}
	db := memstore.New()
	if _, err := controlplane.Restore(ctx, db, withKey(t, &backup, stored.SessionPrefix, stored.OncePrefix), controlplane.RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	if left := append(hashed(t, db, stored.SessionPrefix), hashed(t, db, stored.OncePrefix)...); len(left) > 0 {
		t.Errorf("a backup of another build brought back %v", left)
	}
	restored := open(t, controlplane.Config{Store: db})
	must[api.Token](t)(restored.Authenticate(s.InitialToken()))
	ended(t, restored, session)
	_, _, err := restored.RedeemSignIn(ctx, made.Secret)
	want(t, err, api.Unauthorized)
}

// withKey returns a backup with one more key below each prefix, as a build writes it that doesn't know what those are. It
// fails the test if the backup has such keys already.
func withKey(t *testing.T, backup *bytes.Buffer, prefixes ...string) *bytes.Buffer {
	t.Helper()
	title, err := backup.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(backup)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	var added []byte
	for _, prefix := range prefixes {
		if bytes.Contains(data, []byte(prefix)) {
			t.Errorf("the backup has %s", prefix)
		}
		for _, part := range []string{prefix + "00", "x"} {
			added = append(binary.AppendUvarint(added, uint64(len(part))), part...)
		}
	}
	data = append(added, data[:len(data)-sha256.Size]...)
	sum := sha256.Sum256(data)
	changed := bytes.NewBufferString(title)
	w := gzip.NewWriter(changed)
	if _, err := w.Write(append(data, sum[:]...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return changed
}

// TestALateReplicaAsksTheStore: a browser's next request may reach a replica that has not heard of its session yet.
func TestALateReplicaAsksTheStore(t *testing.T) {
	memory := memstore.New()
	held := &flaky{Store: memory}
	first, late := open(t, controlplane.Config{Store: memory}), open(t, controlplane.Config{Store: held})
	release := held.hold()
	t.Cleanup(release)
	session := signedIn(t, first, first.InitialToken())
	_, _, err := late.Session(session)
	want(t, err, api.Unauthorized)
	_, _, err = late.AwaitSession(t.Context(), session)
	want(t, err, api.Unavailable) // rather than that there is no such session
	release()
	if d, _, err := late.AwaitSession(t.Context(), session); err != nil || d.Name != "first admin" {
		t.Errorf("%+v %v", d, err)
	}
}

// TestSessionsGoOnWithoutTheStore: who is signed in sees what there is, and nobody signs in meanwhile.
func TestSessionsGoOnWithoutTheStore(t *testing.T) {
	db := &flaky{Store: memstore.New()}
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	token := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	session, made := signedIn(t, s, s.InitialToken()), must[api.SignIn](t)(s.CreateSignIn(ctx, token.ID))
	db.failAfter(0)
	if _, _, err := s.Session(session); err != nil {
		t.Error(err)
	}
	_, _, err := s.BeginSession(ctx, s.InitialToken())
	want(t, err, api.Unavailable)
	_, err = s.CreateSignIn(ctx, token.ID)
	want(t, err, api.Unavailable)
	want(t, s.EndSession(ctx, session), api.Unavailable)
	_, _, err = s.RedeemSignIn(ctx, made.Secret)
	want(t, err, api.Unavailable)
	db.failAfter(-1)
	if _, _, err := s.RedeemSignIn(ctx, made.Secret); err != nil { // it was not spent
		t.Error(err)
	}
}

// TestKeysOfOtherBuildsAreIgnored: a build that doesn't know sessions goes on beside one that does, and so will this one
// beside a later one.
func TestKeysOfOtherBuildsAreIgnored(t *testing.T) {
	db := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	for _, key := range []string{"colour/red", "session/not-a-hash"} {
		if _, err := db.Commit(ctx, store.Txn{Ops: []store.Op{{Key: key, Value: []byte("of a build to come")}}}); err != nil {
			t.Fatal(err)
		}
	}
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.Scope{}, by))
	again := open(t, controlplane.Config{Store: db})
	must[api.Flag](t)(again.GetFlag(ctx, env, "f"))
	session := signedIn(t, again, s.InitialToken())
	if _, _, err := s.AwaitSession(ctx, session); err != nil {
		t.Error(err)
	}
	s.Sweep(ctx)
	for _, key := range []string{"colour/red", "session/not-a-hash"} {
		if e, err := store.ReadOne(ctx, db, key); err != nil || e.Revision == 0 {
			t.Errorf("%s is gone: %v", key, err)
		}
		if _, err := db.Commit(ctx, store.Txn{Ops: []store.Op{{Key: key, Delete: true}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTokenChangesTellOfSessions: whoever serves streams learns that a session has ended.
func TestTokenChangesTellOfSessions(t *testing.T) {
	s := open(t, controlplane.Config{})
	session := signedIn(t, s, s.InitialToken())
	n := 0
	for range s.TokenChanges(t.Context()) {
		if n++; n == 2 {
			break
		}
		want(t, s.EndSession(t.Context(), session), "")
	}
}

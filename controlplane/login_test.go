package controlplane_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

// verifier is of the program that logs in.
const verifier = "a-random-verifier-of-the-program"

// asks lets a person who is signed in with a token confirm what the program on a laptop asks for.
func asks(t *testing.T, s *controlplane.Service, token string) (api.Session, api.Login) {
	t.Helper()
	session, _, err := s.BeginSession(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.CreateLogin(t.Context(), session, api.NewLogin{Challenge: api.LoginChallenge(verifier), Device: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	return session, made
}

// TestLogin makes a token for a viewer on one replica, and lets it end in each way on another.
func TestLogin(t *testing.T) {
	now, db := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: db}), t.Context()
	other := open(t, controlplane.Config{Clock: now.Now, Store: db})
	ada := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "ada", Role: api.RoleViewer, Envs: []string{env}}, by))
	session, code := asks(t, s, ada.Secret)
	hashed(t, db, stored.CodePrefix, code.Code, verifier)

	// The code alone is worth nothing, also to whoever has seen the challenge.
	for _, wrong := range []api.LoginCode{
		{Code: code.Code, Verifier: "of another program"}, {Code: code.Code, Verifier: api.LoginChallenge(verifier)}, {Code: "gfn_code_x", Verifier: verifier},
		{Code: code.Code}, {Verifier: verifier}, {Code: strings.ToLower(code.Code), Verifier: verifier},
	} {
		_, err := s.RedeemLogin(ctx, wrong)
		want(t, err, api.Unauthorized)
	}
	for _, secret := range []string{code.Code, code.Code + api.LoginChallenge(verifier), code.Code + verifier} {
		_, _, err := s.RedeemSignIn(ctx, secret)
		want(t, err, api.Unauthorized)
	}
	made := must[api.Token](t)(other.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier}))
	if made.Name != "ada on laptop" || made.Role != api.RoleViewer || len(made.Envs) != 1 || made.ActsForOthers || made.By != "ada" || !made.Expires.Equal(session.Expires) {
		t.Errorf("the token is %+v; the session %+v", made, session)
	}
	_, err := s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier})
	want(t, err, api.Unauthorized)
	if _, err := other.Authenticate(made.Secret); err != nil {
		t.Fatal(err)
	}
	page, err := other.Audit(ctx, controlplane.AuditQuery{Action: "token.create", Limit: 1})
	if e := page.Entries[0]; err != nil || e.By != "ada" || e.Token != ada.ID || e.Key != made.ID || !strings.Contains(e.Reason, "--browser") {
		t.Errorf("the audit has %+v, %v", page.Entries, err)
	}

	// A token that it lets make another one lasts no longer, and is of the first one, too.
	now.turn(time.Hour)
	_, code = asks(t, other, made.Secret)
	again := must[api.Token](t)(other.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier}))
	if !again.Expires.Equal(made.Expires) || again.Name != "ada on laptop" {
		t.Errorf("the token of a token is %+v", again)
	}
	want(t, other.RevokeToken(ctx, ada.ID, by), "")
	for _, secret := range []string{made.Secret, again.Secret} {
		_, err = other.Authenticate(secret)
		want(t, err, api.Unauthorized)
	}
	page, err = other.Audit(ctx, controlplane.AuditQuery{Action: "token.revoke", Limit: 1})
	if e := page.Entries[0]; err != nil || e.Key != ada.ID || len(e.Changes) != 3 {
		t.Errorf("the audit has %+v, %v", page.Entries, err)
	}
}

// TestLoginEnds lets a code and a token become too old, and the token behind a code be revoked.
func TestLoginEnds(t *testing.T) {
	now := newClock()
	s, ctx := open(t, controlplane.Config{Clock: now.Now}), t.Context()
	ada := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "ada", Role: api.RoleEditor}, by))
	_, code := asks(t, s, ada.Secret)
	now.turn(controlplane.SignInLifetime)
	_, err := s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier})
	want(t, err, api.Unauthorized)

	_, code = asks(t, s, ada.Secret)
	made := must[api.Token](t)(s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier}))
	now.turn(controlplane.SessionLifetime)
	_, err = s.Authenticate(made.Secret)
	want(t, err, api.Unauthorized)

	_, code = asks(t, s, ada.Secret)
	second := must[api.Token](t)(s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier}))
	for _, token := range must[[]api.Token](t)(s.Tokens(ctx)) {
		if token.ID == made.ID {
			t.Error("a token that has expired is still listed")
		}
	}
	_, code = asks(t, s, ada.Secret)
	want(t, s.RevokeToken(ctx, ada.ID, by), "")
	_, err = s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier})
	want(t, err, api.Unauthorized)
	_, err = s.Authenticate(second.Secret)
	want(t, err, api.Unauthorized)
}

// TestLoginsAreBounded spends one code from many sides, and lets a token sign in more machines than it may have.
func TestLoginsAreBounded(t *testing.T) {
	now := newClock()
	s, ctx := open(t, controlplane.Config{Clock: now.Now}), t.Context()
	ada := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: strings.Repeat("ä", 128), Role: api.RoleEditor}, by))
	session, code := asks(t, s, ada.Secret)
	var racing sync.WaitGroup
	results := make(chan error, 8)
	for range cap(results) {
		racing.Go(func() {
			_, err := s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier})
			results <- err
		})
	}
	racing.Wait()
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		} else {
			want(t, err, api.Unauthorized)
		}
	}
	if won != 1 {
		t.Errorf("one code made %d tokens", won)
	}
	var first api.Token
	for i := range 17 {
		now.turn(time.Second)
		_, code := asks(t, s, ada.Secret)
		made := must[api.Token](t)(s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier}))
		if i == 0 {
			first = made
		}
	}
	if _, err := s.Authenticate(first.Secret); err == nil {
		t.Error("the oldest of 17 logins goes on")
	}
	logins := 0
	for _, token := range must[[]api.Token](t)(s.Tokens(ctx)) {
		if strings.HasSuffix(token.Name, " on laptop") {
			logins++
		}
	}
	if logins != 16 {
		t.Errorf("a token has %d logins", logins)
	}
	for _, wrong := range []api.NewLogin{{Device: "laptop"}, {Challenge: api.LoginChallenge("x")}, {Challenge: verifier, Device: "laptop"},
		{Challenge: api.LoginChallenge("x"), Device: "a\x1b[31m"}, {Challenge: api.LoginChallenge("x"), Device: strings.Repeat("a", 65)}} {
		_, err := s.CreateLogin(ctx, session, wrong)
		want(t, err, api.Invalid)
	}
}

// TestLoginsEndWithTheConfiguredToken gives the server another admin token, and then none.
func TestLoginsEndWithTheConfiguredToken(t *testing.T) {
	db, ctx := memstore.New(), t.Context()
	const first, second = "the-first-configured-token", "the-second-configured-one"
	login := func(s *controlplane.Service, token string) string {
		_, code := asks(t, s, token)
		return must[api.Token](t)(s.RedeemLogin(ctx, api.LoginCode{Code: code.Code, Verifier: verifier})).Secret
	}
	made := login(open(t, controlplane.Config{Store: db, AdminToken: first}), first)
	s := open(t, controlplane.Config{Store: db, AdminToken: second})
	_, err := s.Authenticate(made)
	want(t, err, api.Unauthorized)
	made = login(s, second)
	_, err = open(t, controlplane.Config{Store: db}).Authenticate(made)
	want(t, err, api.Unauthorized)
}

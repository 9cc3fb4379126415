package controlplane_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

func TestTokens(t *testing.T) {
	now, store := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: store}), t.Context()
	token, err := s.CreateToken(ctx, api.NewToken{
		Name: "shop", Role: api.RoleSDK, Envs: []string{env}, Expires: now.Now().Add(time.Hour),
	}, by)
	if err != nil {
		t.Fatal(err)
	}
	secret := token.Secret
	if !strings.HasPrefix(secret, "gfn_sdk_") {
		t.Errorf("the secret is %q", secret)
	}
	found := must[api.Token](t)(s.Authenticate(secret))
	if found.ID != token.ID || found.Role != api.RoleSDK {
		t.Errorf("found %+v", found)
	}
	page, err := store.Read(ctx, controlplane.Everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if bytes.Contains(e.Value, []byte(secret)) {
			t.Errorf("%s holds the secret", e.Key)
		}
	}
	for _, wrong := range []string{"", secret[:len(secret)-1], secret + "x", strings.ToLower(secret)} {
		_, err := s.Authenticate(wrong)
		want(t, err, api.Unauthorized)
	}
	list := must[[]api.Token](t)(s.Tokens(ctx))
	i := slices.IndexFunc(list, func(t api.Token) bool { return t.ID == token.ID })
	if i < 0 || !list[i].LastUsed.Equal(now.Now()) || list[i].By != "ada" {
		t.Fatalf("tokens %+v", list)
	}
	s.WriteUsage(ctx)
	other := open(t, controlplane.Config{Clock: now.Now, Store: store})
	if list := must[[]api.Token](t)(other.Tokens(ctx)); !list[i].LastUsed.Equal(now.Now()) {
		t.Errorf("another replica says it was last used %v", list[i].LastUsed)
	}
	now.turn(time.Hour)
	_, err = s.Authenticate(secret)
	want(t, err, api.Unauthorized)
	want(t, s.RevokeToken(ctx, token.ID, by), "")
	want(t, s.RevokeToken(ctx, token.ID, by), api.NotFound)
	for _, bad := range []api.NewToken{
		{Name: "n", Role: "root"}, {Role: api.RoleSDK}, {Name: "n", Role: api.RoleSDK, Envs: []string{"a/b"}},
		{Name: "n", Role: api.RoleSDK, Expires: now.Now()}, {Name: "n", Role: api.RoleSDK, Secret: "short"},
		{Name: "n", Role: api.RoleSDK, Secret: "sixteen characters with spaces"},
		{Name: "n", Role: api.RoleSDK, Secret: "aaaaaaaaaaaaaaaa"}, {Name: "n", Role: api.RoleSDK, Secret: "passwordpassword"},
	} {
		_, err := s.CreateToken(ctx, bad, by)
		want(t, err, api.Invalid)
	}
}

func TestTheLastAdminTokenStays(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	first := must[api.Token](t)(s.Authenticate(s.InitialToken()))
	want(t, s.RevokeToken(ctx, first.ID, by), api.InUse)
	second, err := s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleAdmin, Envs: []string{env}}, by)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s.RevokeToken(ctx, first.ID, by), api.InUse) // an admin of one environment can't make tokens for others
	_, err = s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleAdmin}, by)
	want(t, err, "")
	want(t, s.RevokeToken(ctx, first.ID, by), "")
	want(t, s.RevokeToken(ctx, second.ID, by), "")
}

func TestTheConfiguredTokenWorksAndChanges(t *testing.T) {
	store := memstore.New()
	s := open(t, controlplane.Config{Store: store, AdminToken: "correct-horse-battery"})
	if s.InitialToken() != "" {
		t.Error("a token was made besides the configured one")
	}
	must[api.Token](t)(s.Authenticate("correct-horse-battery"))
	again := open(t, controlplane.Config{Store: store, AdminToken: "another-horse-battery"})
	must[api.Token](t)(again.Authenticate("another-horse-battery"))
	_, err := again.Authenticate("correct-horse-battery")
	want(t, err, api.Unauthorized)
	if _, err := controlplane.Open(t.Context(), controlplane.Config{Store: memstore.New(), AdminToken: "short"}); controlplane.CodeOf(err) != api.Invalid {
		t.Errorf("a short token: %v", err)
	}
}

// TestAConfiguredTokenEndsWithItsConfiguration: it doesn't outlive the setting, and an operator isn't locked out.
func TestAConfiguredTokenEndsWithItsConfiguration(t *testing.T) {
	store := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: store, AdminToken: "correct-horse-battery"}), t.Context()
	must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleClient}, by))
	visit := open(t, controlplane.Config{Store: store, KeepAdminToken: true})
	must[api.Token](t)(visit.Authenticate("correct-horse-battery"))
	again := open(t, controlplane.Config{Store: store})
	_, err := again.Authenticate("correct-horse-battery")
	want(t, err, api.Unauthorized)
	if token := must[api.Token](t)(again.Authenticate(again.InitialToken())); !token.Allows(api.PermitAdmin, "") {
		t.Error("nobody is an admin any more")
	}
	if third := open(t, controlplane.Config{Store: store}); third.InitialToken() != "" {
		t.Error("the next start makes another admin token")
	}
	if page := must[api.AuditPage](t)(again.Audit(ctx, controlplane.AuditQuery{Action: "token.revoke"})); len(page.Entries) != 1 {
		t.Errorf("the audit has %d revocations", len(page.Entries))
	}
}

func TestRolesAllowWhatTheyShould(t *testing.T) {
	all := []api.Permission{api.PermitAdmin, api.PermitWrite, api.PermitRead,
		api.PermitSnapshot, api.PermitUsage, api.PermitEvaluate}
	for role, allowed := range map[api.Role]string{
		api.RoleAdmin: "111111", api.RoleEditor: "011111", api.RoleViewer: "001101",
		api.RoleSDK: "000111", api.RoleClient: "000001", "unknown": "000000",
	} {
		for i, p := range all {
			want := allowed[i] == '1'
			if got := (api.Token{Role: role}).Allows(p, ""); got != want {
				t.Errorf("%s may %s: %v", role, p, got)
			}
			bound := api.Token{Role: role, Envs: []string{"a"}}
			if bound.Allows(p, "a") != want || bound.Allows(p, "b") || bound.Allows(p, "") {
				t.Errorf("%s bound to an environment: %s", role, p)
			}
		}
	}
}

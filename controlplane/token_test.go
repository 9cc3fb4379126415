package controlplane_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

func TestTokens(t *testing.T) {
	now, store := newClock(), memstore.New()
	s, ctx := open(t, controlplane.Config{Clock: now.Now, Store: store}), t.Context()
	token, secret, err := s.CreateToken(ctx, controlplane.NewToken{
		Name: "shop", Role: controlplane.RoleSDK, Envs: []string{env}, Expires: now.Now().Add(time.Hour),
	}, by)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, "gfn_sdk_") {
		t.Errorf("the secret is %q", secret)
	}
	found := must[controlplane.Token](t)(s.Authenticate(secret))
	if found.ID != token.ID || found.Role != controlplane.RoleSDK {
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
		want(t, err, controlplane.Unauthorized)
	}
	list := must[[]controlplane.Token](t)(s.Tokens(ctx))
	i := slices.IndexFunc(list, func(t controlplane.Token) bool { return t.ID == token.ID })
	if i < 0 || !list[i].LastUsed.Equal(now.Now()) || list[i].By != "ada" {
		t.Fatalf("tokens %+v", list)
	}
	s.WriteUsage(ctx)
	other := open(t, controlplane.Config{Clock: now.Now, Store: store})
	if list := must[[]controlplane.Token](t)(other.Tokens(ctx)); !list[i].LastUsed.Equal(now.Now()) {
		t.Errorf("another replica says it was last used %v", list[i].LastUsed)
	}
	now.turn(time.Hour)
	_, err = s.Authenticate(secret)
	want(t, err, controlplane.Unauthorized)
	want(t, s.RevokeToken(ctx, token.ID, by), "")
	want(t, s.RevokeToken(ctx, token.ID, by), controlplane.NotFound)
	for _, bad := range []controlplane.NewToken{
		{Name: "n", Role: "root"}, {Role: controlplane.RoleSDK}, {Name: "n", Role: controlplane.RoleSDK, Envs: []string{"a/b"}},
		{Name: "n", Role: controlplane.RoleSDK, Expires: now.Now()}, {Name: "n", Role: controlplane.RoleSDK, Secret: "short"},
		{Name: "n", Role: controlplane.RoleSDK, Secret: "sixteen characters with spaces"},
	} {
		_, _, err := s.CreateToken(ctx, bad, by)
		want(t, err, controlplane.Invalid)
	}
}

func TestTheLastAdminTokenStays(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	first := must[controlplane.Token](t)(s.Authenticate(s.InitialToken()))
	want(t, s.RevokeToken(ctx, first.ID, by), controlplane.InUse)
	second, _, err := s.CreateToken(ctx, controlplane.NewToken{Name: "n", Role: controlplane.RoleAdmin, Envs: []string{env}}, by)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s.RevokeToken(ctx, first.ID, by), controlplane.InUse) // an admin of one environment can't make tokens for others
	_, _, err = s.CreateToken(ctx, controlplane.NewToken{Name: "n", Role: controlplane.RoleAdmin}, by)
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
	must[controlplane.Token](t)(s.Authenticate("correct-horse-battery"))
	again := open(t, controlplane.Config{Store: store, AdminToken: "another-horse-battery"})
	must[controlplane.Token](t)(again.Authenticate("another-horse-battery"))
	_, err := again.Authenticate("correct-horse-battery")
	want(t, err, controlplane.Unauthorized)
	if _, err := controlplane.Open(t.Context(), controlplane.Config{Store: memstore.New(), AdminToken: "short"}); controlplane.CodeOf(err) != controlplane.Invalid {
		t.Errorf("a short token: %v", err)
	}
}

func TestRolesAllowWhatTheyShould(t *testing.T) {
	all := []controlplane.Permission{controlplane.PermitAdmin, controlplane.PermitWrite, controlplane.PermitRead,
		controlplane.PermitSnapshot, controlplane.PermitUsage, controlplane.PermitEvaluate}
	for role, allowed := range map[controlplane.Role]string{
		controlplane.RoleAdmin: "111111", controlplane.RoleEditor: "011111", controlplane.RoleViewer: "001101",
		controlplane.RoleSDK: "000111", controlplane.RoleClient: "000001", "unknown": "000000",
	} {
		for i, p := range all {
			want := allowed[i] == '1'
			if got := (controlplane.Token{Role: role}).Allows(p, ""); got != want {
				t.Errorf("%s may %s: %v", role, p, got)
			}
			bound := controlplane.Token{Role: role, Envs: []string{"a"}}
			if bound.Allows(p, "a") != want || bound.Allows(p, "b") || bound.Allows(p, "") {
				t.Errorf("%s bound to an environment: %s", role, p)
			}
		}
	}
}

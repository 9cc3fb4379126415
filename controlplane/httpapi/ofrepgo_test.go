package httpapi_test

import (
	"testing"

	"github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestOFREPGoProvider evaluates with OpenFeature's own Go provider.
func TestOFREPGoProvider(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.importFlagsForClients()
	ctx := t.Context()
	ask := func(token string) *openfeature.Client {
		t.Helper()
		provider := ofrep.NewProvider(f.server.URL, ofrep.WithBearerToken(token), ofrep.WithClient(f.http))
		if err := openfeature.SetNamedProviderAndWait(t.Name()+token, provider); err != nil {
			t.Fatal(err)
		}
		return openfeature.NewClient(t.Name() + token)
	}
	client := ask(f.token(api.RoleClient, "default"))
	user := openfeature.NewEvaluationContext("user:3", map[string]any{"plan": "pro", "groups": []string{"staff"}})
	for _, c := range []struct {
		key                 string
		caller, want        bool
		reason              openfeature.Reason
		code                openfeature.ErrorCode
		enabled, hasEnabled bool
	}{
		{key: "on", want: true, reason: openfeature.StaticReason, enabled: true, hasEnabled: true},
		{key: "off", caller: true, want: false, reason: openfeature.DefaultReason, hasEnabled: true},
		{key: "staff", want: true, reason: openfeature.TargetingMatchReason, enabled: true, hasEnabled: true},
		{key: "plan", want: true, reason: openfeature.TargetingMatchReason, enabled: true, hasEnabled: true},
		{key: "child", caller: true, want: false, reason: openfeature.DefaultReason, hasEnabled: true},
		{key: "killed", caller: true, want: false, reason: openfeature.StaticReason, hasEnabled: true}, // a kill is stronger than the caller's default
		{key: "missing", caller: true, want: true, reason: openfeature.ErrorReason, code: openfeature.FlagNotFoundCode},
		{key: "names", caller: true, want: true, reason: openfeature.ErrorReason, code: openfeature.TypeMismatchCode},
		{key: "new_ui?", want: true, reason: openfeature.StaticReason, enabled: true, hasEnabled: true},
		{key: "my flag", want: true, reason: openfeature.StaticReason, enabled: true, hasEnabled: true},
		{key: "a%41", reason: openfeature.ErrorReason, code: openfeature.FlagNotFoundCode}, // the provider's fault: it asks for aA
	} {
		got, err := client.BooleanValueDetails(ctx, c.key, c.caller, user)
		if (err != nil) != (c.code != "") {
			t.Errorf("%s: %v", c.key, err)
		}
		if got.Value != c.want || got.Reason != c.reason || got.ErrorCode != c.code {
			t.Errorf("%s: %+v, want %+v", c.key, got, c)
		}
		if enabled, err := got.FlagMetadata.GetBool("enabled"); (err == nil) != c.hasEnabled || enabled != c.enabled {
			t.Errorf("%s: metadata %v", c.key, got.FlagMetadata)
		}
	}
	if got, err := client.StringValueDetails(ctx, "names", "", user); err != nil || got.Value != "blue" || got.Variant != "blue" || got.Reason != openfeature.SplitReason {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := client.IntValue(ctx, "number", 0, user); err != nil || got != 10 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := client.FloatValue(ctx, "number", 0, user); err != nil || got != 10 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := client.ObjectValue(ctx, "object", nil, user); err != nil || got.(map[string]any)["hex"] != "#00f" {
		t.Errorf("%v %v", got, err)
	}
	if got, err := client.StringValueDetails(ctx, "killed_variant", "mine", user); err != nil || got.Value != "mine" || got.Reason != openfeature.DisabledReason {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := client.StringValueDetails(ctx, "killed_off_variant", "mine", user); err != nil || got.Value != "n" || got.Reason != openfeature.StaticReason {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := client.StringValueDetails(ctx, "names", "mine", openfeature.NewTargetlessEvaluationContext(nil)); err == nil || got.ErrorCode != openfeature.TargetingKeyMissingCode || got.Value != "mine" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := ask("not-a-token-of-ours").BooleanValueDetails(ctx, "on", false, user); err == nil || got.ErrorCode != openfeature.GeneralCode {
		t.Errorf("%+v %v", got, err)
	}
}

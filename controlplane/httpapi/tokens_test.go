package httpapi_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

func TestTokens(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	made, err := f.admin.CreateToken(ctx, api.NewToken{Name: "shop", Role: api.RoleSDK, Envs: []string{"default"}, Expires: time.Now().Add(time.Hour)}, apiclient.WriteOptions{})
	if err != nil || made.Secret == "" {
		t.Fatalf("%+v %v", made, err)
	}
	list := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/tokens", nil))
	if bytes.Contains(list.body, []byte(made.Secret)) {
		t.Error("a list of tokens shows a secret")
	}
	if _, _, err := f.client(made.Secret).Snapshot(ctx, "default", ""); err != nil {
		t.Error(err)
	}
	dry, err := f.admin.CreateToken(ctx, api.NewToken{Name: "dry", Role: api.RoleSDK}, apiclient.WriteOptions{DryRun: true})
	if err != nil || dry.Name != "dry" || dry.ID != "" || dry.Secret != "" {
		t.Errorf("a dry run makes %+v %v", dry, err)
	}
	if err := f.admin.RevokeToken(ctx, made.ID, apiclient.WriteOptions{DryRun: true}); err != nil {
		t.Error(err)
	}
	if list, err := f.admin.Tokens(ctx); err != nil || len(list) != 2 {
		t.Errorf("after dry runs there are %+v %v", list, err)
	}
	if err := f.admin.RevokeToken(ctx, made.ID, apiclient.WriteOptions{Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.client(made.Secret).Snapshot(ctx, "default", "")
	var e *apiclient.Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Errorf("a revoked token gets %v", err)
	}
}

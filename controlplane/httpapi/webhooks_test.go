package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestWebhooks(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	received := make(chan *http.Request, 10)
	bodies := make(chan []byte, 10)
	receiver := newReceiver(t, received, bodies)
	hook, err := f.admin.CreateWebhook(ctx, api.NewWebhook{Name: "chat", URL: receiver, Envs: []string{"default"}}, apiclient.WriteOptions{})
	if err != nil || hook.Secret == "" {
		t.Fatalf("%+v %v", hook, err)
	}
	if err := f.admin.TestWebhook(ctx, hook.ID); err != nil {
		t.Fatal(err)
	}
	r, body := <-received, <-bodies
	if r.Header.Get("X-Gonfalon-Event") != "test" || !signed(hook.Secret, r, body) {
		t.Errorf("%v %s", r.Header, body)
	}
	if _, err := f.admin.Enable(ctx, "default", "x", flagset.Scope{}, apiclient.WriteOptions{Reason: "why"}); err != nil {
		t.Fatal(err)
	}
	r, body = <-received, <-bodies
	var got struct{ Entry api.AuditEntry }
	if err := json.Unmarshal(body, &got); err != nil || got.Entry.Key != "x" || got.Entry.Reason != "why" || !signed(hook.Secret, r, body) {
		t.Errorf("%s %v", body, err)
	}
	list := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/webhooks", nil))
	if bytes.Contains(list.body, []byte(hook.Secret)) {
		t.Error("a list of webhooks shows a secret")
	}
	dry, err := f.admin.CreateWebhook(ctx, api.NewWebhook{Name: "dry", URL: receiver}, apiclient.WriteOptions{DryRun: true})
	if err != nil || dry.Name != "dry" || dry.ID != "" || dry.Secret != "" {
		t.Errorf("a dry run makes %+v %v", dry, err)
	}
	if err := f.admin.DeleteWebhook(ctx, hook.ID, apiclient.WriteOptions{DryRun: true}); err != nil {
		t.Error(err)
	}
	if all, err := f.admin.Webhooks(ctx); err != nil || len(all) != 1 {
		t.Errorf("after dry runs there are %+v %v", all, err)
	}
	if err := f.admin.DeleteWebhook(ctx, hook.ID, apiclient.WriteOptions{}); err != nil {
		t.Error(err)
	}
	f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/webhooks", `{"name": "x", "url": "ftp://example.org"}`))
}

package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestChange changes each setting of an API that serves, there and back.
func TestChange(t *testing.T) {
	f := open(t, httpapi.Config{})
	sdk := f.token(api.RoleSDK)
	evaluate := func(headers ...string) answer {
		return f.do(sdk, "POST", "/ofrep/v1/evaluate/flags", `{}`, headers...)
	}
	shop := func() string {
		return evaluate("Origin", "https://shop.example").header.Get("Access-Control-Allow-Origin")
	}
	for range 2 {
		f.api.Change(httpapi.Settings{RateLimit: 0.001, RateBurst: 2})
		f.want(200, evaluate())
		f.api.Change(httpapi.Settings{RateLimit: 0.001, RateBurst: 2, MaxStreams: 1})
		f.want(200, evaluate())
		f.want(429, evaluate()) // another setting doesn't give back what was used up
		f.api.Change(httpapi.Settings{AllowOrigins: []string{"https://shop.example"}})
		if got := shop(); got != "https://shop.example" {
			t.Errorf("the origin that may call is %q", got)
		}
		f.api.Change(httpapi.Settings{PublicURL: &url.URL{Scheme: "https", Host: "flags.example", Path: "/api"}})
		if got := evaluate(); shop() != "" || !strings.Contains(string(got.body), "https://flags.example") {
			t.Errorf("origin %q, %s", shop(), got)
		}
		f.api.Change(httpapi.Settings{TrustedProxies: behindProxy})
		if got := evaluate("X-Forwarded-Host", "a.example", "X-Forwarded-Proto", "https"); !strings.Contains(string(got.body), "https://a.example") {
			t.Errorf("a proxy that is trusted doesn't count: %s", got)
		}
		f.api.Change(httpapi.Settings{})
		if got := evaluate("X-Forwarded-Host", "a.example", "X-Forwarded-Proto", "https"); strings.Contains(string(got.body), "a.example") {
			t.Errorf("a proxy that isn't trusted any more counts: %s", got)
		}
	}
}

// TestChangeOfRoom checks that streams which are open stay, and count, when there is less room or more.
func TestChangeOfRoom(t *testing.T) {
	f := open(t, httpapi.Config{})
	for range 2 {
		events, _ := listen(t, f.admin, "")
		next(t, events)
	}
	f.api.Change(httpapi.Settings{MaxStreams: 2})
	f.want(503, f.do(adminToken, "GET", "/v1/envs/default/stream", nil))
	f.api.Change(httpapi.Settings{MaxStreams: 3})
	third, _ := listen(t, f.admin, "")
	next(t, third)

	_, address := f.eventsOf(adminToken)
	f.listen(address, 200)
	f.api.Change(httpapi.Settings{MaxEventStreams: 1})
	f.listen(address, 503)
	f.api.Change(httpapi.Settings{MaxEventStreams: 32})
	f.listen(address, 200)
}

// TestChangeWhileServing changes the settings while others ask: each answer fits one of them.
func TestChangeWhileServing(t *testing.T) {
	f := open(t, httpapi.Config{})
	left, right := &url.URL{Scheme: "https", Host: "left.example"}, &url.URL{Scheme: "https", Host: "right.example"}
	settings := []httpapi.Settings{
		{PublicURL: left, AllowOrigins: []string{"https://left.example"}, MaxStreams: 5},
		{PublicURL: right, AllowOrigins: []string{"*"}, RateLimit: 1e6, TrustedProxies: behindProxy},
	}
	f.api.Change(settings[0])
	var asking sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		asking.Go(func() {
			for range 50 {
				got := f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags", `{}`, "Origin", "https://left.example")
				if body := string(got.body); got.status != 200 || strings.Contains(body, "left.example") == strings.Contains(body, "right.example") {
					t.Errorf("%s", got)
				}
			}
		})
	}
	go func() { asking.Wait(); close(done) }()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
			f.api.Change(settings[i%2])
		}
	}
}

// TestReload checks the route: whom it lets in, what it passes on, and what it makes of a refusal.
func TestReload(t *testing.T) {
	var dry []bool
	var failure error
	f := open(t, httpapi.Config{Reload: func(dryRun bool) (api.Reload, error) {
		dry = append(dry, dryRun)
		return api.Reload{
			Changed:      []api.SettingChange{{Setting: "rate-limit", Before: "0", After: "5"}},
			NeedsRestart: []api.SettingChange{{Setting: "listen", Before: ":1", After: ":2", Why: "the address is taken at the start"}},
		}, failure
	}})
	f.want(403, f.do(f.token(api.RoleEditor), "POST", "/v1/reload", nil))
	f.want(403, f.do(f.token(api.RoleAdmin, "default"), "POST", "/v1/reload", nil))
	f.want(400, f.do(adminToken, "POST", "/v1/reload?dryrun=true", nil))
	if len(dry) != 0 {
		t.Fatal("a request that was refused has had its way")
	}
	for _, dryRun := range []bool{false, true} {
		got, err := f.admin.Reload(t.Context(), dryRun)
		if err != nil || len(got.Changed) != 1 || got.NeedsRestart[0].Setting != "listen" {
			t.Errorf("%+v %v", got, err)
		}
	}
	if fmt.Sprint(dry) != "[false true]" {
		t.Errorf("dry runs: %v", dry)
	}
	failure = errors.New(`the file has "listn", which is not a setting`)
	if got := f.want(http.StatusUnprocessableEntity, f.do(adminToken, "POST", "/v1/reload", nil)); !strings.Contains(string(got.body), "listn") {
		t.Errorf("%s", got)
	}
	none := open(t, httpapi.Config{})
	none.want(404, none.do(adminToken, "POST", "/v1/reload", nil))
}

package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestIndex(t *testing.T) {
	f := open(t, httpapi.Config{Version: "1.2.3"})
	f.enable("parent", flagset.Scope{})
	f.enable("child", flagset.Requires("parent", true))
	f.enable("child", flagset.ForGroup("staff"))
	f.enable("opens", flagset.Between("2030-01-01T00:00:00Z", ""))
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/full", `{"description": "new checkout", "owner": "shop", "tags": ["web"], "permanent": true, "reason": "`+strings.Repeat("ü", 200)+`"}`))
	viewer := f.client(f.token(api.RoleViewer))
	index, err := viewer.Index(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Flags) != 4 || index.Flags[0].Key != "child" {
		t.Fatalf("%+v", index)
	}
	if got := index.Flags[1]; got.State != api.StateOff || got.Description != "new checkout" || got.Owner != "shop" || len(got.Tags) != 1 || !got.Permanent ||
		got.Reason != strings.Repeat("ü", 99)+"…" || got.UpdatedBy == "" || got.Revision != index.Revision || time.Since(got.Updated) > time.Minute || len(got.OnFor) != 1 {
		t.Errorf("%+v", got)
	}
	if got := index.Flags[2]; got.From != "2030-01-01T00:00:00Z" || got.Until != "" || got.OnFor[0] != "everyone from 1 Jan 2030, 00:00 UTC" {
		t.Errorf("%+v", got)
	}

	first := f.want(200, f.do(adminToken, "GET", "/v1/envs/default/index", nil))
	tag := first.header.Get("Etag")
	f.want(304, f.do(adminToken, "GET", "/v1/envs/default/index", nil, "If-None-Match", tag))
	f.want(200, f.do(adminToken, "POST", "/v1/envs/default/flags/parent/kill", nil))
	changed := f.want(200, f.do(adminToken, "GET", "/v1/envs/default/index", nil, "If-None-Match", tag))
	var next api.Index
	changed.into(t, &next)
	if next.Revision != index.Revision+1 || next.Flags[0].Lead != "off while parent is killed; gates kept:" || next.Flags[0].Revision != index.Flags[0].Revision {
		t.Errorf("after the parent was killed: %+v", next)
	}
	for role, status := range map[api.Role]int{api.RoleEditor: 200, api.RoleSDK: 403, api.RoleClient: 403} {
		f.want(status, f.do(f.token(role, "default"), "GET", "/v1/envs/default/index", nil))
	}
	f.want(404, f.do(adminToken, "GET", "/v1/envs/other/index", nil))
}

// TestIndexOfManyFlags holds the index of 10,000 flags to its size, and to the time that it takes when nothing changed.
func TestIndexOfManyFlags(t *testing.T) {
	const flags, most, soon = 10_000, 400_000, 5 * time.Millisecond
	f := open(t, httpapi.Config{})
	const batches = 25 // so that neighbours have other revisions, times and reasons
	set := manyFlags(flags)
	for i := range batches {
		var part flagset.Set
		for k := i; k < flags; k += batches {
			part.Flags = append(part.Flags, set.Flags[k])
		}
		by := controlplane.WriteOptions{By: fmt.Sprint("user:", i%17), Reason: fmt.Sprintf("%s, ticket %d", []string{"second wave", "support case", "no errors in two days", "experiment", "follow the rollout"}[i%5], i*7919%100_000)}
		if _, err := f.service.Import(t.Context(), "default", part, api.Import{}, by); err != nil {
			t.Fatal(err)
		}
	}
	ask := func() []byte {
		r, err := http.NewRequestWithContext(t.Context(), "GET", f.server.URL+"/v1/envs/default/index", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+adminToken)
		r.Header.Set("Accept-Encoding", "gzip")
		got, err := f.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		data, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != 200 || got.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%d %v %v", got.StatusCode, got.Header, err)
		}
		return data
	}
	began := time.Now()
	data := ask()
	t.Logf("first: %v; %d bytes", time.Since(began), len(data))
	if len(data) > most {
		t.Errorf("%d flags take %d bytes, more than %d", flags, len(data), most)
	}
	plain, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var index api.Index
	if err := json.NewDecoder(plain).Decode(&index); err != nil || len(index.Flags) != flags {
		t.Fatalf("%d flags, %v", len(index.Flags), err)
	}
	best := time.Hour
	for range 20 {
		began := time.Now()
		if !bytes.Equal(ask(), data) {
			t.Fatal("the same revision has two indexes")
		}
		best = min(best, time.Since(began))
	}
	t.Logf("again: %v", best)
	if best > soon {
		t.Errorf("asked again, it takes %v, more than %v", best, soon)
	}
	f.enable("another", flagset.Scope{})
	began = time.Now()
	ask()
	t.Logf("after a change: %v", time.Since(began))
}

// manyFlags returns flags as a company has them: with owners, descriptions, tags and gates that repeat, and keys that don't.
func manyFlags(n int) *flagset.Set {
	chance := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[chance.IntN(len(of))] }
	var set flagset.Set
	for i := range n {
		area, thing := pick("checkout", "search", "mobile", "ops", "shop", "billing", "inbox"), pick("payment", "ranking", "basket", "invoice", "banner", "cache", "export", "login")
		flag := flagset.Flag{
			Key: fmt.Sprintf("%s_%s_%04x", area, thing, i*7919%65536), Owner: pick("checkout-team", "search", "platform", "growth"),
			Description: fmt.Sprintf("%s the %s %s for %s", pick("Show", "Hide", "Move", "Try"), pick("new", "old", "faster", "third"), thing, pick("all shops", "the app", "returning customers", "one region")),
			Tags:        []string{pick("web", "app", "experiment", "kill-switch")},
		}
		add := func(g flagset.Gate) { flag.Gates = append(flag.Gates, g) }
		share := float64(1+chance.IntN(99)) / 100
		switch chance.IntN(6) {
		case 0:
			add(flagset.Gate{Type: flagset.Boolean, Enabled: true})
		case 1:
			add(flagset.Gate{Type: flagset.Group, Target: pick("staff", "beta", "kiosk"), Enabled: true})
			add(flagset.Gate{Type: flagset.PercentageOfActors, Ratio: &share})
		case 2:
			add(flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("user:", chance.IntN(100_000)), Enabled: true})
			add(flagset.Gate{Type: flagset.Boolean})
		case 3:
			add(flagset.Gate{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "country", Operator: "in", Values: []any{pick("DE", "FR", "AT"), pick("CH", "US")}}}})
		case 4:
			add(flagset.Gate{Type: flagset.PercentageOfActors, Ratio: &share})
		}
		set.Flags = append(set.Flags, flag)
	}
	return set.Sorted()
}

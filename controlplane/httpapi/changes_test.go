package httpapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// follow reads a stream of changes in a goroutine that ends with the test. The channel is closed when the stream ends.
func follow(t *testing.T, c *apiclient.Client, env, after string) <-chan api.LiveEvent {
	t.Helper()
	events, done := make(chan api.LiveEvent, 1000), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		defer close(events)
		for e, err := range c.Changes(ctx, env, after) {
			if err != nil {
				t.Log(err)
				return
			}
			events <- e
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return events
}

// nextLive returns the next event of a kind.
func nextLive(t *testing.T, events <-chan api.LiveEvent, kind string) api.LiveEvent {
	t.Helper()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before a %s came", kind)
			}
			if e.Kind == kind {
				return e
			}
		case <-time.After(patience):
			t.Fatalf("no %s came", kind)
		}
	}
}

func ends(t *testing.T, events <-chan api.LiveEvent) {
	t.Helper()
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
		case <-time.After(patience):
			t.Fatal("the stream goes on")
		}
	}
}

func TestChanges(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("a", flagset.Scope{})
	viewer := f.client(f.token(api.RoleViewer))
	events := follow(t, viewer, "default", "")
	at := nextLive(t, events, api.LiveAt)
	if at.At.Revision != 2 || at.ID == "" {
		t.Errorf("the stream begins at %+v", at)
	}
	if _, err := f.admin.Kill(t.Context(), "default", "a", nil, apiclient.WriteOptions{Reason: "it answers 502"}); err != nil {
		t.Fatal(err)
	}
	killed := nextLive(t, events, api.LiveChange)
	if e := killed.Change; e.Revision != 3 || e.Actor != "configured admin" || e.Action != "flag.kill" || e.Reason != "it answers 502" || len(e.Keys) != 1 || e.Keys[0] != "a" ||
		e.Settings || e.More || time.Since(e.Time) > time.Minute {
		t.Errorf("%+v", e)
	}
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/segments/s", `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]}`))
	if e := nextLive(t, events, api.LiveChange).Change; len(e.Keys) != 0 || len(e.Segments) != 1 || e.Segments[0] != "s" {
		t.Errorf("%+v", e)
	}
	f.want(200, f.do(adminToken, "PATCH", "/v1/envs/default", `{"description": "the shop"}`))
	if e := nextLive(t, events, api.LiveChange).Change; !e.Settings {
		t.Errorf("%+v", e)
	}

	// Who comes back gets what it missed, in order.
	resumed := follow(t, viewer, "default", at.ID)
	for revision := int64(3); revision <= 5; revision++ {
		if e := nextLive(t, resumed, api.LiveChange).Change; e.Revision != revision {
			t.Errorf("revision %d came, want %d", e.Revision, revision)
		}
	}
	for _, id := range []string{"00000000-1", "nonsense", at.ID + "99"} {
		if e := nextLive(t, follow(t, viewer, "default", id), api.LiveReload); e.At.Revision != 5 {
			t.Errorf("after %q: %+v", id, e)
		}
	}
	for role, status := range map[api.Role]int{api.RoleSDK: 403, api.RoleClient: 403} {
		f.want(status, f.do(f.token(role, "default"), "GET", "/v1/envs/default/changes", nil))
	}
	f.want(404, f.do(adminToken, "GET", "/v1/envs/other/changes", nil))
	f.api.Drain()
	ends(t, events)
}

// TestChangesThatAreMany reloads who missed more than a stream tells, and cuts the names of a large change.
func TestChangesThatAreMany(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("a", flagset.Scope{})
	at := nextLive(t, follow(t, f.admin, "default", ""), api.LiveAt)
	for i := range 300 {
		f.enable("a", flagset.ForActor(fmt.Sprint(i)))
	}
	if e := nextLive(t, follow(t, f.admin, "default", at.ID), api.LiveReload); e.At.Revision != at.At.Revision+300 {
		t.Errorf("%+v", e.At)
	}
	events := follow(t, f.admin, "default", "")
	nextLive(t, events, api.LiveAt)
	for size, more := range map[int]bool{50: false, 500: true, 5000: true} {
		var set flagset.Set
		for i := range size {
			set.Flags = append(set.Flags, flagset.Flag{Key: fmt.Sprintf("f%d_%d", size, i)})
		}
		if _, err := f.service.Import(t.Context(), "default", set, api.Import{}, controlplane.WriteOptions{By: "ada"}); err != nil {
			t.Fatal(err)
		}
		e := nextLive(t, events, api.LiveChange).Change
		if e.More != more || len(e.Keys) > 100 || !more && len(e.Keys) != size {
			t.Errorf("%d flags: %d keys, more: %v", size, len(e.Keys), e.More)
		}
	}
}

// TestChangesEnd ends a stream with its token, and with its environment.
func TestChangesEnd(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.want(201, f.do(adminToken, "POST", "/v1/envs", `{"key": "other"}`))
	made, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "viewer", Role: api.RoleViewer}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	revoked, gone := follow(t, f.client(made.Secret), "default", ""), follow(t, f.admin, "other", "")
	nextLive(t, revoked, api.LiveAt)
	nextLive(t, gone, api.LiveAt)
	f.want(204, f.do(adminToken, "DELETE", "/v1/tokens/"+made.ID, nil))
	ends(t, revoked)
	f.want(204, f.do(adminToken, "DELETE", "/v1/envs/other", `{"confirm": "other"}`))
	ends(t, gone)
}

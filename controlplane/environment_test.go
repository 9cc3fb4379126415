package controlplane_test

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestEnvironmentsAreApart(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "staging"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, "staging", "f", flagset.Scope{}, by))
	_, err := s.GetFlag(ctx, env, "f")
	want(t, err, api.NotFound)
	_, err = s.CreateEnvironment(ctx, api.NewEnvironment{Key: "staging"}, by)
	want(t, err, api.Exists)
	for _, key := range []string{"", "a/b", "-a", strings.Repeat("a", 64), "a b"} {
		_, err = s.CreateEnvironment(ctx, api.NewEnvironment{Key: key}, by)
		want(t, err, api.Invalid)
	}
	_, err = s.CreateEnvironment(ctx, api.NewEnvironment{Key: "x", Settings: &flagset.Settings{GroupConflict: "maybe"}}, by)
	want(t, err, api.Invalid)
}

func TestADeletedEnvironmentMadeAnewHasANewLineage(t *testing.T) {
	db := memstore.New()
	s, ctx := open(t, controlplane.Config{Store: db}), t.Context()
	first := must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e", Description: "first"}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, "e", "f", flagset.Scope{}, by))
	want(t, s.DeleteEnvironment(ctx, "e", "", by), api.Invalid)
	want(t, s.DeleteEnvironment(ctx, env, env, by), api.Forbidden)
	want(t, s.DeleteEnvironment(ctx, "e", "e", by), "")
	_, err := s.GetEnvironment(ctx, "e")
	want(t, err, api.NotFound)
	_, err = s.Snapshot(ctx, "e")
	want(t, err, api.NotFound)
	want(t, s.DeleteEnvironment(ctx, "e", "e", by), api.NotFound)
	s.Sweep(ctx)
	for _, prefix := range []string{"flag/e/", "segment/e/", "piece/e/"} {
		page, err := db.Read(ctx, store.Range{From: prefix, To: prefix + "~"})
		if err != nil || len(page.Entries) > 0 {
			t.Errorf("%s: %d keys are left, %v", prefix, len(page.Entries), err)
		}
	}
	second := must[api.Environment](t)(s.CreateEnvironment(ctx, api.NewEnvironment{Key: "e"}, by))
	if second.Lineage == first.Lineage || second.Revision <= first.Revision || second.Flags != 0 || second.Description != "" {
		t.Fatalf("first %+v, second %+v", first, second)
	}
	page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: "e"}))
	if len(page.Entries) != 4 || page.Entries[1].Action != "environment.delete" {
		t.Fatalf("the audit did not outlive the environment: %+v", page.Entries)
	}
	_, _, err = s.Export(ctx, "e", api.At{Revision: 2})
	want(t, err, api.Gone)
}

func TestSettings(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, flagset.Flag{Key: "f", Gates: []flagset.Gate{
		{Type: flagset.Group, Target: "a", Enabled: true}, {Type: flagset.Group, Target: "b"},
	}}, by))
	decide := func() bool {
		e, err := s.Evaluate(ctx, env, "f", api.Query{Actor: pointer("u"), Groups: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		return e.Enabled
	}
	if decide() {
		t.Error("deny does not win by default")
	}
	before := must[api.Environment](t)(s.GetEnvironment(ctx, env))
	allow := flagset.Settings{GroupConflict: flagset.AllowWins}
	after := must[api.Environment](t)(s.UpdateEnvironment(ctx, env, api.EnvironmentChange{Settings: &allow}, by))
	if !decide() || after.Version == before.Version || after.Settings != allow {
		t.Errorf("allow does not win: %+v", after)
	}
	_, err := s.UpdateEnvironment(ctx, env, api.EnvironmentChange{Settings: &allow}, controlplane.WriteOptions{IfMatch: []string{before.Version}})
	want(t, err, api.PreconditionFailed)
	_, err = s.UpdateEnvironment(ctx, env, api.EnvironmentChange{Settings: &flagset.Settings{GroupConflict: "maybe"}}, by)
	want(t, err, api.Invalid)
}

package controlplane_test

import (
	"context"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestAProgramHearsOfItsWrites: each change once, with its entry of the audit, or with why it was refused.
func TestAProgramHearsOfItsWrites(t *testing.T) {
	var events []controlplane.WriteEvent
	s, ctx := open(t, controlplane.Config{OnWrite: func(_ context.Context, e controlplane.WriteEvent) {
		events = append(events, e)
		if e.Entry.Key == "panics" {
			panic("at a write")
		}
	}}), t.Context()
	heard := func() controlplane.WriteEvent {
		t.Helper()
		if len(events) != 1 {
			t.Fatalf("%d events: %+v", len(events), events)
		}
		e := events[0]
		events = nil
		return e
	}
	events = nil // of the first start
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForGroup("staff"), controlplane.WriteOptions{By: "ada", Reason: "why"}))
	e := heard()
	entry := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{Environment: env, Limit: 1})).Entries[0]
	if e.Err != nil || e.Took <= 0 || e.Entry.Revision != r.Revision || e.Entry.By != "ada" || e.Entry.Reason != "why" || e.Entry.Action != "flag.enable" ||
		len(e.Entry.Changes) != 1 || len(e.Entry.Changes[0].Lines) == 0 || !e.Entry.Time.Equal(entry.Time) || string(e.Entry.Changes[0].After) != string(entry.Changes[0].After) {
		t.Errorf("heard %+v\nwant  %+v", e, entry)
	}
	_, err := s.Kill(ctx, env, "missing", nil, by)
	if e := heard(); e.Err != err || controlplane.CodeOf(e.Err) != api.NotFound || e.Entry.Revision != 0 || e.Entry.Key != "missing" {
		t.Errorf("of a refusal it heard %+v", e)
	}
	must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "n", Role: api.RoleViewer}, by))
	if e := heard(); e.Entry.Action != "token.create" || e.Entry.Environment != "" || e.Entry.Revision == 0 {
		t.Errorf("of a token it heard %+v", e)
	}
	dry := by
	dry.DryRun = true
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.Scope{}, dry))
	if e := heard(); !e.DryRun || e.Entry.Revision != 0 {
		t.Errorf("of a dry run it heard %+v", e)
	}
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "panics", flagset.Scope{}, by))
}

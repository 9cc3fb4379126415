package controlplane_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// forBob are the options of a change that a job with a token makes for somebody.
var forBob = controlplane.WriteOptions{By: "ci", Token: "t1", OnBehalfOf: "bob"}

// TestTheAuditSaysForWhom: wherever it says who made a change, it also says for whom, and after a restore, too.
func TestTheAuditSaysForWhom(t *testing.T) {
	var heard controlplane.WriteEvent
	s, ctx := open(t, controlplane.Config{OnWrite: func(_ context.Context, e controlplane.WriteEvent) { heard = e }}), t.Context()
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor("u"), forBob))
	if heard.Entry.By != "ci" || heard.Entry.Token != "t1" || heard.Entry.OnBehalfOf != "bob" {
		t.Errorf("a program hears %+v", heard.Entry)
	}
	must[controlplane.SegmentResult](t)(s.PutSegment(ctx, env, flagset.Segment{Key: "s", Constraints: []flagset.Constraint{
		{Attribute: "plan", Operator: "in", Values: []any{"pro"}}}}, forBob))
	must[api.Difference](t)(s.Import(ctx, env, manyFlags(400), api.Import{}, forBob)) // whose entry has a body of its own
	bot := must[api.Token](t)(s.CreateToken(ctx, api.NewToken{Name: "bot", Role: api.RoleEditor, ActsForOthers: true}, forBob))
	if !bot.ActsForOthers || !must[api.Token](t)(s.Authenticate(bot.Secret)).ActsForOthers {
		t.Error("the token doesn't act for others")
	}
	_, err := s.Kill(ctx, env, "missing", nil, forBob)
	want(t, err, api.NotFound)
	if heard.Err == nil || heard.Entry.OnBehalfOf != "bob" {
		t.Errorf("of a refusal, a program hears %+v", heard)
	}

	var backup bytes.Buffer
	want(t, s.Backup(ctx, &backup), "")
	restored := memstore.New()
	must[controlplane.RestoreResult](t)(controlplane.Restore(ctx, restored, bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{By: "ci", OnBehalfOf: "eve"}))
	_, err = controlplane.Restore(ctx, memstore.New(), bytes.NewReader(backup.Bytes()), controlplane.RestoreOptions{By: "ci", OnBehalfOf: "a\nb"})
	want(t, err, api.Invalid)
	again := open(t, controlplane.Config{Store: restored})
	if page := must[api.AuditPage](t)(again.Audit(ctx, controlplane.AuditQuery{OnBehalfOf: "eve"})); len(page.Entries) == 0 || page.Entries[0].Action != "restore" {
		t.Errorf("the restore is %+v", page)
	}

	for name, s := range map[string]*controlplane.Service{"written": s, "restored": again} {
		page := must[api.AuditPage](t)(s.Audit(ctx, controlplane.AuditQuery{OnBehalfOf: "bob"}))
		if len(page.Entries) != 4 {
			t.Errorf("%s: the audit has %+v", name, page.Entries)
		}
		for _, e := range page.Entries {
			if e.By != "ci" || e.Token != "t1" || e.OnBehalfOf != "bob" {
				t.Errorf("%s: the audit has %+v", name, e)
			}
		}
		if h := must[api.AuditPage](t)(s.History(ctx, env, "f", controlplane.AuditQuery{})); len(h.Entries) != 1 || h.Entries[0].OnBehalfOf != "bob" {
			t.Errorf("%s: the history is %+v", name, h)
		}
		if f := must[api.Flag](t)(s.GetFlag(ctx, env, "f")); f.UpdatedBy != "ci" || f.UpdatedOnBehalfOf != "bob" {
			t.Errorf("%s: the flag is %+v", name, f)
		}
		if g := must[api.Segment](t)(s.GetSegment(ctx, env, "s")); g.UpdatedBy != "ci" || g.UpdatedOnBehalfOf != "bob" {
			t.Errorf("%s: the segment is %+v", name, g)
		}
		if !must[api.Token](t)(s.Authenticate(bot.Secret)).ActsForOthers {
			t.Errorf("%s: the token doesn't act for others", name)
		}
		failures := must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{OnBehalfOf: "bob"}))
		if len(failures) != 1 || failures[0].By != "ci" || failures[0].OnBehalfOf != "bob" {
			t.Errorf("%s: refused are %+v", name, failures)
		}
	}

	must[controlplane.WriteResult](t)(s.Kill(ctx, env, "f", nil, by))
	if f := must[api.Flag](t)(s.GetFlag(ctx, env, "f")); f.UpdatedBy != "ada" || f.UpdatedOnBehalfOf != "" {
		t.Errorf("ada made the last change for herself, and the flag is %+v", f)
	}
}

// TestForWhomIsOneReadableName: anything else changes nothing.
func TestForWhomIsOneReadableName(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	for _, name := range []string{"a\nb", "\x1b[2Jada", "ada\u202e", "a\u2028b", "\x00", " ", " ada", "ada\u00a0", "\xff", strings.Repeat("a", 257), strings.Repeat("x", 10_000)} {
		o := forBob
		o.OnBehalfOf = name
		_, err := s.Enable(ctx, env, "f", flagset.Scope{}, o)
		want(t, err, api.Invalid)
		if !strings.Contains(err.Error(), "/on_behalf_of") {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	for _, name := range []string{"ada", "Zoë Ωmega <zoe@example.org>", strings.Repeat("a", 256)} {
		o := forBob
		o.OnBehalfOf = name
		must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.ForActor(name), o))
		if got := must[api.Flag](t)(s.GetFlag(ctx, env, "f")).UpdatedOnBehalfOf; got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
	for _, f := range must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{})) {
		if len(f.OnBehalfOf) > 259 || strings.ContainsAny(f.OnBehalfOf+f.Detail, "\x1b\x00\n\u202e\u2028") {
			t.Errorf("on record is %q: %q", f.OnBehalfOf, f.Detail)
		}
	}
	for _, role := range []api.Role{api.RoleViewer, api.RoleSDK, api.RoleClient} {
		_, err := s.CreateToken(ctx, api.NewToken{Name: "n", Role: role, ActsForOthers: true}, by)
		want(t, err, api.Invalid)
	}
}

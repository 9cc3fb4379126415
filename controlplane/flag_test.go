package controlplane_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func pointer[T any](v T) *T { return &v }

func TestVerbs(t *testing.T) {
	ctx := t.Context()
	weights := []flagset.Variant{{Name: "a", Weight: flagset.Int(1)}, {Name: "b", Weight: flagset.Int(1)}}
	isPro := flagset.Constraint{Attribute: "plan", Operator: "eq", Values: []any{"pro"}}
	type verb func(*controlplane.Service) (controlplane.WriteResult, error)
	enable := func(scope flagset.Scope) verb {
		return func(s *controlplane.Service) (controlplane.WriteResult, error) {
			return s.Enable(ctx, env, "f", scope, by)
		}
	}
	disable := func(scope flagset.Scope) verb {
		return func(s *controlplane.Service) (controlplane.WriteResult, error) {
			return s.Disable(ctx, env, "f", scope, by)
		}
	}
	remove := func(what flagset.Removal) verb {
		return func(s *controlplane.Service) (controlplane.WriteResult, error) {
			return s.Clear(ctx, env, "f", what, by)
		}
	}
	s := open(t, controlplane.Config{})
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "parent", flagset.Scope{}, by))
	must[controlplane.SegmentResult](t)(s.PutSegment(ctx, env, flagset.Segment{Key: "seg", Constraints: []flagset.Constraint{isPro}}, by))
	for _, step := range []struct {
		name    string
		do      verb
		enabled bool
		state   api.State
		slots   []string
	}{
		{"enable for an actor", enable(flagset.ForActor("u")), true, api.StatePartial, []string{"actor/u"}},
		{"disable for an actor", disable(flagset.ForActor("v")), false, api.StatePartial, []string{"actor/u", "actor/v"}},
		{"enable for a group", enable(flagset.ForGroup("g")), true, api.StatePartial, []string{"actor/u", "actor/v", "group/g"}},
		{"disable", disable(flagset.Scope{}), false, api.StatePartial, []string{"actor/u", "actor/v", "boolean", "group/g"}},
		{"enable", enable(flagset.Scope{}), true, api.StateOn, []string{"actor/u", "actor/v", "boolean", "group/g"}},
		{"clear the boolean gate", remove(flagset.Removal{Boolean: true}), false, api.StatePartial, []string{"actor/u", "actor/v", "group/g"}},
		{"clear an actor", remove(flagset.Removal{Actor: pointer("v")}), false, api.StatePartial, []string{"actor/u", "group/g"}},
		{"disable for a percentage", disable(flagset.ForPercentageOfActors(0.3)), false, api.StatePartial, []string{"actor/u", "group/g", "percentage"}},
		{"enable for a rule", enable(flagset.When(isPro)), true, api.StatePartial, []string{"actor/u", "group/g", "percentage", "rule"}},
		{"enable for a segment", enable(flagset.ForSegment("seg")), true, api.StatePartial, []string{"actor/u", "group/g", "percentage", "rule", "segment/seg"}},
		{"enable with a prerequisite", enable(flagset.Requires("parent", true)), true, api.StatePartial,
			[]string{"actor/u", "group/g", "percentage", "prerequisite/parent", "rule", "segment/seg"}},
		{"clear all", remove(flagset.Removal{}), false, api.StateOff, nil},
		{"enable with an open schedule", enable(flagset.Between("2020-01-01T00:00:00Z", "")), true, api.StatePartial, []string{"schedule"}},
		{"disable under an open schedule", disable(flagset.Scope{}), true, api.StatePartial, []string{"boolean", "schedule"}},
		{"put variants", func(s *controlplane.Service) (controlplane.WriteResult, error) {
			return s.PutVariants(ctx, env, "f", weights, by)
		}, true,
			api.StatePartial, []string{"boolean", "schedule", "variant"}},
		{"kill", func(s *controlplane.Service) (controlplane.WriteResult, error) {
			return s.Kill(ctx, env, "f", pointer("a"), by)
		}, false,
			api.StateKilled, []string{"boolean", "schedule", "variant"}},
		{"revive", func(s *controlplane.Service) (controlplane.WriteResult, error) { return s.Revive(ctx, env, "f", by) }, true,
			api.StatePartial, []string{"boolean", "schedule", "variant"}},
	} {
		r, err := step.do(s)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		var slots []string
		for _, g := range r.Flag.Gates {
			slots = append(slots, g.Slot())
		}
		if r.Enabled != step.enabled || r.Flag.State != step.state || !slices.Equal(slots, step.slots) || !r.Changed {
			t.Errorf("%s: enabled %v, state %s, slots %q, changed %v", step.name, r.Enabled, r.Flag.State, slots, r.Changed)
		}
		again, err := step.do(s)
		if err != nil || again.Changed || again.Revision != r.Revision {
			t.Errorf("%s once more: changed %v, revision %d after %d, %v", step.name, again.Changed, again.Revision, r.Revision, err)
		}
		got, err := s.GetFlag(ctx, env, "f")
		if err != nil || got.Version != r.Flag.Version || got.Revision != r.Revision {
			t.Errorf("%s: read back %+v, %v", step.name, got, err)
		}
	}
}

func TestVerbsOfAMissingFlag(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	_, err := s.Clear(ctx, env, "f", flagset.Removal{}, by)
	want(t, err, api.NotFound)
	_, err = s.Kill(ctx, env, "f", nil, by)
	want(t, err, api.NotFound)
	_, err = s.Revive(ctx, env, "f", by)
	want(t, err, api.NotFound)
	_, err = s.Rollback(ctx, env, "f", 1, by)
	want(t, err, api.NotFound)
	_, err = s.DeleteFlag(ctx, env, "f", by)
	want(t, err, api.NotFound)
	_, err = s.GetFlag(ctx, env, "f")
	want(t, err, api.NotFound)
	_, err = s.Enable(ctx, "nowhere", "f", flagset.Scope{}, by)
	want(t, err, api.NotFound)
}

func TestInvalidFlagsAreRefusedWithEveryProblem(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	ratio := 1.5
	_, err := s.PutFlag(ctx, env, flagset.Flag{Key: "f", Gates: []flagset.Gate{
		{Type: flagset.PercentageOfActors, Ratio: &ratio},
		{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "a", Operator: "matches", Values: []any{"(?=x)"}}}},
	}}, by)
	var e *api.Error
	if !errors.As(err, &e) || e.Code != api.Invalid || len(e.Problems) != 2 {
		t.Fatalf("got %v", err)
	}
	_, err = s.PutFlag(ctx, env, flagset.Flag{Key: "no/key"}, by)
	want(t, err, api.Invalid)
	_, err = s.Enable(ctx, env, "f", flagset.Scope{Actor: pointer("u"), Group: pointer("g")}, by)
	want(t, err, api.UnsupportedScope)
	if p := must[api.FlagPage](t)(s.ListFlags(ctx, env, controlplane.FlagQuery{})); p.Total != 0 || p.Revision != 1 {
		t.Fatalf("a refused flag left %+v", p)
	}
}

func TestPreconditions(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	put := func(description string, o controlplane.WriteOptions) (controlplane.WriteResult, error) {
		o.By = "ada"
		return s.PutFlag(ctx, env, flagset.Flag{Key: "f", Description: description}, o)
	}
	_, err := put("0", controlplane.WriteOptions{IfMatch: []string{"*"}})
	want(t, err, api.PreconditionFailed)
	first := must[controlplane.WriteResult](t)(put("1", controlplane.WriteOptions{IfAbsent: true}))
	_, err = put("2", controlplane.WriteOptions{IfAbsent: true})
	want(t, err, api.PreconditionFailed)
	second := must[controlplane.WriteResult](t)(put("2", controlplane.WriteOptions{IfMatch: []string{"other", first.Flag.Version}}))
	_, err = put("3", controlplane.WriteOptions{IfMatch: []string{first.Flag.Version}})
	var e *api.Error
	if !errors.As(err, &e) || e.Code != api.PreconditionFailed || e.Current != second.Flag.Version {
		t.Fatalf("got %v", err)
	}
	_, err = s.DeleteFlag(ctx, env, "f", controlplane.WriteOptions{By: "ada", IfMatch: []string{first.Flag.Version}})
	want(t, err, api.PreconditionFailed)
	// A change of another flag changes the environment's revision, but not this flag's version.
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "g", flagset.Scope{}, by))
	must[int64](t)(s.DeleteFlag(ctx, env, "f", controlplane.WriteOptions{By: "ada", IfMatch: []string{second.Flag.Version}}))
	again := must[controlplane.WriteResult](t)(put("2", controlplane.WriteOptions{IfAbsent: true}))
	if again.Flag.Version == second.Flag.Version {
		t.Fatal("a flag that was deleted and made anew has its old version")
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	dry := controlplane.WriteOptions{By: "ada", DryRun: true}
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "f", flagset.Scope{}, dry))
	if !r.Enabled || !r.Changed || r.Created || r.Revision != 1 {
		t.Fatalf("result %+v", r)
	}
	_, err := s.GetFlag(ctx, env, "f")
	want(t, err, api.NotFound)
	_, err = s.Enable(ctx, env, "f", flagset.ForActor(""), dry)
	want(t, err, api.Invalid)
	if f := must[[]api.FailedWrite](t)(s.Failures(ctx, controlplane.AuditQuery{})); len(f) != 0 {
		t.Fatalf("a dry run's refusal was recorded: %+v", f)
	}
}

func TestReferences(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	_, err := s.Enable(ctx, env, "child", flagset.Requires("parent", true), by)
	want(t, err, api.Invalid)
	allow := controlplane.WriteOptions{By: "ada", AllowMissing: true}
	r := must[controlplane.WriteResult](t)(s.Enable(ctx, env, "child", flagset.Requires("parent", true), allow))
	if len(r.Flag.Warnings) != 1 || r.Flag.Warnings[0].Pointer != "/gates/0/target" {
		t.Fatalf("warnings %+v", r.Flag.Warnings)
	}
	// The parent was missing before: another change of the child is not refused for that.
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "child", flagset.Scope{}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "parent", flagset.Scope{}, by))
	if f := must[api.Flag](t)(s.GetFlag(ctx, env, "child")); len(f.Warnings) != 0 {
		t.Fatalf("warnings %+v", f.Warnings)
	}
	_, err = s.DeleteFlag(ctx, env, "parent", by)
	var e *api.Error
	if !errors.As(err, &e) || e.Code != api.InUse || !slices.Equal(e.Users, []string{"child"}) {
		t.Fatalf("got %v", err)
	}
	_, err = s.Enable(ctx, env, "parent", flagset.Requires("child", true), by)
	want(t, err, api.Invalid)
	_, err = s.Enable(ctx, env, "parent", flagset.Requires("parent", true), by)
	want(t, err, api.Invalid)

	pro := flagset.Constraint{Attribute: "plan", Operator: "eq", Values: []any{"pro"}}
	must[controlplane.SegmentResult](t)(s.PutSegment(ctx, env, flagset.Segment{Key: "seg", Constraints: []flagset.Constraint{pro}}, by))
	must[controlplane.WriteResult](t)(s.Enable(ctx, env, "child", flagset.ForSegment("seg"), by))
	_, err = s.DeleteSegment(ctx, env, "seg", by)
	if !errors.As(err, &e) || e.Code != api.InUse || !slices.Equal(e.Users, []string{"child"}) {
		t.Fatalf("got %v", err)
	}
	if g := must[api.Segment](t)(s.GetSegment(ctx, env, "seg")); !slices.Equal(g.Users, []string{"child"}) {
		t.Fatalf("users %q", g.Users)
	}
	must[controlplane.WriteResult](t)(s.Clear(ctx, env, "child", flagset.Removal{}, by))
	must[int64](t)(s.DeleteSegment(ctx, env, "seg", by))
	must[int64](t)(s.DeleteFlag(ctx, env, "parent", by))
}

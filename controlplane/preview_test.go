package controlplane_test

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestPreviewSaysWhoWillChange(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	quarter, half := 0.25, 0.5
	percentage := func(ratio *float64) flagset.Flag {
		return flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: ratio}, {Type: flagset.Actor, Target: "ada", Enabled: true}}}
	}
	must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, percentage(&quarter), by))
	must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, flagset.Flag{Key: "child", Gates: []flagset.Gate{
		{Type: flagset.Boolean, Enabled: true}, {Type: flagset.Prerequisite, Target: "f", Enabled: true},
	}}, by))
	more := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: percentage(&half)}))
	everyone := more.Situations[0]
	if everyone.TurnOn != 0.25 || everyone.TurnOff != 0 || everyone.Dependants["child"] != everyone.PreviewShare || !everyone.Exact || more.SameActors != 1 || more.Asked != 0 {
		t.Errorf("raising it: %+v", more)
	}
	actors := make([]api.Query, 4000)
	for i := range actors {
		actors[i].Actor = pointer(fmt.Sprint("user:", i))
	}
	given := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: percentage(&half), Actors: actors}))
	if given.Asked != 4000 || given.TurnOff != 0 || given.TurnOn < 800 || given.TurnOn > 1200 || given.Dependants["child"] != given.TurnOn || len(given.Changes) != 100 {
		t.Errorf("raising it: asked %d, on %d, off %d, dependants %v, %d listed", given.Asked, given.TurnOn, given.TurnOff, given.Dependants, len(given.Changes))
	}
	if e := must[api.Environment](t)(s.GetEnvironment(ctx, env)); e.Revision != 3 {
		t.Errorf("a preview wrote revision %d", e.Revision)
	}
	proposed := percentage(&quarter)
	proposed.Gates = proposed.Gates[:1]
	ada := api.Query{Actor: pointer("ada")}
	less := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: proposed, Actors: []api.Query{ada}}))
	if n := len(less.Situations); n != 3 || less.Situations[2].Who != "actor ada" || less.Situations[2].TurnOff != 1 {
		t.Errorf("taking ada out: %+v", less.Situations)
	}
	if less.Asked != 1 || less.TurnOff != 1 || len(less.Changes) != 2 || less.Changes[0].Actor != "ada" || !less.Changes[0].Before.Enabled || less.Changes[0].After.Enabled {
		t.Errorf("taking ada out: %+v", less)
	}
	gone := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: flagset.Flag{Key: "child"}, Delete: true, Actors: []api.Query{ada}}))
	if gone.TurnOff != 1 {
		t.Errorf("deleting child: %+v", gone)
	}
	wrong := 2.0
	bad := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: percentage(&wrong)}))
	if len(bad.Problems) == 0 {
		t.Error("a proposal that can't be written has no problem")
	}
	odd := must[api.Preview](t)(s.Preview(ctx, env, api.Proposal{Flag: flagset.Flag{Key: "a key with spaces"}}))
	if len(odd.Problems) > 0 || len(odd.Warnings) != 1 {
		t.Errorf("what is only worth a look: problems %v, warnings %v", odd.Problems, odd.Warnings)
	}
	_, err := s.Preview(ctx, env, api.Proposal{Flag: proposed, Actors: make([]api.Query, 100_001)})
	want(t, err, api.Invalid)
	_, err = s.Preview(ctx, env, api.Proposal{Flag: flagset.Flag{Key: "f"}, Delete: true})
	want(t, err, api.InUse)
}

func TestExplainSaysWhatWasCompared(t *testing.T) {
	s, ctx := open(t, controlplane.Config{}), t.Context()
	quarter := 0.25
	must[controlplane.WriteResult](t)(s.PutFlag(ctx, env, flagset.Flag{Key: "f", Gates: []flagset.Gate{
		{Type: flagset.Actor, Target: "user:7", Enabled: true}, {Type: flagset.Group, Target: "staff", Enabled: true},
		{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "plan", Operator: "in", Values: []any{"team"}}}},
		{Type: flagset.Boolean}, {Type: flagset.PercentageOfActors, Ratio: &quarter},
	}}, by))
	x := must[api.Explanation](t)(s.Explain(ctx, env, "f", api.Query{Actor: pointer("user:1"), Context: map[string]any{"plan": "pro", "n": 5.0, "list": []any{"a"}}}))
	var got []string
	for _, step := range x.Steps {
		got = append(got, step.Gate+" | "+step.Outcome+" | "+step.Detail)
	}
	wanted := []string{
		"actor | no | not named",
		"group | no | in none of the flag's groups",
		`rule | no | plan in ["team"]: it is "pro"`,
		"boolean | no | off",
	}
	for i, step := range wanted {
		if i >= len(got) || got[i] != step {
			t.Errorf("steps %q", got)
			break
		}
	}
	if unknown := must[api.Explanation](t)(s.Explain(ctx, env, "unknown", api.Query{})); unknown.Known || unknown.Enabled {
		t.Errorf("an unknown flag: %+v", unknown)
	}
	must[api.Evaluation](t)(s.Evaluate(ctx, env, "f", api.Query{Groups: make([]string, 257)})) // those that the flag asks for count
	_, err := s.Evaluate(ctx, env, "f", api.Query{Context: map[string]any{"a": make(chan int)}})
	want(t, err, api.Invalid)
}

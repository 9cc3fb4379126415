package controlplane_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestWords reads a flag's words before and after its parent is killed, and in a preview of a change.
func TestWords(t *testing.T) {
	s := open(t, controlplane.Config{})
	if _, err := s.PutSegment(t.Context(), env, flagset.Segment{Key: "pros", Constraints: []flagset.Constraint{{Attribute: "plan", Operator: "eq", Values: []any{"pro"}}}}, by); err != nil {
		t.Fatal(err)
	}
	for _, scope := range []flagset.Scope{flagset.ForSegment("pros"), flagset.Requires("parent", true)} {
		if _, err := s.Enable(t.Context(), env, "parent", flagset.Scope{}, by); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enable(t.Context(), env, "x", scope, by); err != nil {
			t.Fatal(err)
		}
	}
	says := func(about, line, segment string, w *api.Words) {
		t.Helper()
		if w == nil || w.Line() != line || w.Gates[2].Text != segment {
			t.Errorf("%s: %+v, want %s, and %s", about, w, line, segment)
		}
	}
	f, err := s.GetFlag(t.Context(), env, "x")
	if err != nil {
		t.Fatal(err)
	}
	says("a flag", "segment pros, needs parent", "on in pros (plan is pro)", f.Words)
	killed, err := s.Kill(t.Context(), env, "parent", nil, by)
	if err != nil {
		t.Fatal(err)
	}
	if killed.Flag.Words.Line() != "killed; gates kept: everyone" {
		t.Errorf("a kill answers with %s", killed.Flag.Words.Line())
	}
	page, err := s.ListFlags(t.Context(), env, controlplane.FlagQuery{Prefix: "x"})
	if err != nil {
		t.Fatal(err)
	}
	says("a list", "off while parent is killed; gates kept: segment pros, needs parent", "on in pros (plan is pro)", page.Flags[0].Words)
	f.Gates = append(f.Gates, flagset.Gate{Type: flagset.Actor, Target: "user:7", Enabled: true})
	preview, err := s.Preview(t.Context(), env, api.Proposal{Flag: f.Flag})
	if err != nil {
		t.Fatal(err)
	}
	says("a preview", "off while parent is killed; gates kept: user:7, segment pros, needs parent", "on for user:7", preview.Words)
	deleted, err := s.Preview(t.Context(), env, api.Proposal{Flag: f.Flag, Delete: true})
	if err != nil || deleted.Words != nil {
		t.Errorf("a preview of a deletion: %+v, %v", deleted.Words, err)
	}
}

package controlplane_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// indexOf reads an environment's index.
func indexOf(t testing.TB, s *controlplane.Service) (index api.Index) {
	t.Helper()
	packed := must[controlplane.Index](t)(s.Index(t.Context(), env))
	plain, err := gzip.NewReader(bytes.NewReader(packed.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(plain).Decode(&index); err != nil {
		t.Fatal(err)
	}
	return index
}

// TestIndexFollowsParents changes a flag's words in the index by what its parent becomes, although the flag stays.
func TestIndexFollowsParents(t *testing.T) {
	s := open(t, controlplane.Config{})
	want := func(about string, leads ...string) {
		t.Helper()
		index := indexOf(t, s)
		if len(index.Flags) != len(leads) {
			t.Fatalf("%s: %+v", about, index.Flags)
		}
		for i, lead := range leads {
			if index.Flags[i].Lead != lead {
				t.Errorf("%s: %s has the lead %q, want %q", about, index.Flags[i].Key, index.Flags[i].Lead, lead)
			}
		}
	}
	want("nothing")
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "parent", flagset.Scope{}, by))
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "between", flagset.Requires("parent", true), by))
	must[controlplane.WriteResult](t)(s.Enable(t.Context(), env, "child", flagset.Requires("between", true), by))
	want("all are off or on", "", "", "")
	must[controlplane.WriteResult](t)(s.Kill(t.Context(), env, "parent", nil, by))
	want("the parent is killed", "off while parent is killed", "off while parent is killed", "killed; gates kept:")
	must[controlplane.WriteResult](t)(s.Revive(t.Context(), env, "parent", by))
	want("the parent is back", "", "", "")
}

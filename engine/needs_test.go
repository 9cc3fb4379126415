package engine_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

func TestGroups(t *testing.T) {
	s := load(t, `
flags:
  - {key: child, gates: [{type: group, target: staff, enabled: true}, {type: group, target: beta, enabled: false}, {type: prerequisite, target: left, enabled: true}, {type: prerequisite, target: right, enabled: false}]}
  - {key: left, gates: [{type: group, target: staff, enabled: false}, {type: prerequisite, target: top, enabled: true}]}
  - {key: right, gates: [{type: prerequisite, target: top, enabled: true}]}
  - {key: top, gates: [{type: group, target: beta, enabled: true}, {type: group, target: owners, enabled: true}]}
  - {key: none, gates: [{type: boolean, enabled: true}]}
`)
	var sc engine.Scratch
	for key, want := range map[string][]string{
		"child": {"beta", "owners", "staff"}, "left": {"beta", "owners", "staff"}, "right": {"beta", "owners"}, "top": {"beta", "owners"}, "none": nil,
	} {
		out := make([]string, 8)
		got := out[:s.Groups(s.Find(key), &sc, out)]
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	short := make([]string, 1)
	if n := s.Groups(s.Find("child"), &sc, short); n != 3 || short[0] == "" {
		t.Errorf("with room for one: %d, %q", n, short)
	}
}

func TestAttributes(t *testing.T) {
	s := load(t, `
segments:
  - {key: pro, constraints: [{attribute: plan, operator: in, values: [pro]}, {attribute: seats, operator: gt, values: [5]}]}
flags:
  - {key: child, gates: [{type: segment, target: pro}, {type: rule, constraints: [{attribute: plan, operator: in, values: [team]}]}, {type: prerequisite, target: parent, enabled: true}]}
  - {key: parent, gates: [{type: rule, constraints: [{attribute: country, operator: in, values: [de]}]}]}
  - {key: none, gates: [{type: boolean, enabled: true}]}
`)
	var sc engine.Scratch
	for key, want := range map[string][]string{"child": {"country", "plan", "seats"}, "parent": {"country"}, "none": nil} {
		out := make([]string, 8)
		got := out[:s.Attributes(s.Find(key), &sc, out)]
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if n := s.Attributes(s.Find("child"), &sc, make([]string, 2)); n <= 2 {
		t.Errorf("with room for two: %d", n)
	}
}

// needs is what a flag needs, in the layout of ABI.md.
func needs(t *testing.T, s *engine.Snapshot, key string) []any {
	t.Helper()
	var r engine.Request
	if !r.Parse(encoded(t, request.Request{Flags: []string{key}})) {
		t.Fatal("the request is malformed")
	}
	out := make([]byte, 1<<16)
	n := r.WriteNeeds(s, new(engine.Scratch), make([]string, 16), out)
	if n < 0 {
		t.Fatal("no room")
	}
	var list []any
	if err := msgpack.Unmarshal(out[:n], &list); err != nil {
		t.Fatal(err)
	}
	if short := r.WriteNeeds(s, new(engine.Scratch), make([]string, 16), out[:n-1]); short != -1 {
		t.Errorf("%s: %d bytes fit into %d", key, short, n-1)
	}
	return list
}

func TestNeeds(t *testing.T) {
	rule := func(names ...string) string {
		var list []string
		for _, name := range names {
			list = append(list, fmt.Sprintf("{attribute: %s, operator: eq, values: [x]}", name))
		}
		return "{type: rule, constraints: [" + strings.Join(list, ", ") + "]}"
	}
	var many []string
	for i := range 16 {
		many = append(many, fmt.Sprintf("a%02d", i))
	}
	s := load(t, `
segments:
  - {key: payers, constraints: [{attribute: plan, operator: in, values: [pro]}, {attribute: country, operator: eq, values: [DE]}]}
flags:
  - {key: child, gates: [{type: prerequisite, target: parent, enabled: true}, `+rule("country", "age")+`]}
  - {key: fifteen, gates: [`+rule(many[:15]...)+`]}
  - {key: half, gates: [{type: percentage_of_time, ratio: 0.5}]}
  - {key: later, gates: [{type: schedule, from: "2026-11-27T00:00:00Z"}]}
  - {key: on, gates: [{type: boolean}]}
  - {key: parent, gates: [{type: group, target: staff}, {type: segment, target: payers}, {type: prerequisite, target: later, enabled: false}]}
  - {key: sixteen, gates: [`+rule(many...)+`]}
`)
	names := func(list ...string) []any {
		out := make([]any, 0, len(list))
		for _, name := range list {
			out = append(out, name)
		}
		return out
	}
	for key, want := range map[string][]any{
		"child":   {names("staff"), names("country", "age", "plan"), int8(0), true, false},
		"fifteen": {names(), names(many[:15]...), int8(1), false, false},
		"half":    {names(), names(), int8(2), false, true},
		"later":   {names(), names(), int8(3), true, false},
		"on":      {names(), names(), int8(4), false, false},
		"parent":  {names("staff"), names("plan", "country"), int8(5), true, false},
		"sixteen": {names(), nil, int8(6), false, false},
		"none":    {names(), names(), nil, false, false},
	} {
		if got := needs(t, s, key); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

// If a flag has too many prerequisites to visit, it needs everything.
func TestNeedsOfTooManyFlags(t *testing.T) {
	for n, want := range map[int][]any{
		engine.MaxReachable:     {[]any{}, []any{}, int8(0), false, false},
		engine.MaxReachable + 1: {[]any{}, nil, int8(0), true, true},
	} {
		if got := needs(t, tolerant(t, chain(n)), "f0000"); !reflect.DeepEqual(got, want) {
			t.Errorf("a chain of %d: %v, want %v", n, got, want)
		}
	}
}

func TestNextEdge(t *testing.T) {
	s := load(t, `
flags:
  - {key: a, gates: [{type: schedule, from: "1970-01-01T00:00:10Z", until: "1970-01-01T00:00:20Z"}]}
  - {key: b, gates: [{type: schedule, until: "1970-01-01T00:00:15Z"}]}
  - {key: c, gates: [{type: schedule, from: "1970-01-01T00:00:20Z"}]}
`)
	const second = 1_000_000
	for _, c := range []struct{ now, want int64 }{
		{0, 10 * second}, {10*second - 1, 10 * second}, {10 * second, 15 * second}, {15 * second, 20 * second}, {20 * second, engine.OpenUntil},
	} {
		if got := s.NextEdge(c.now); got != c.want {
			t.Errorf("after %d: %d, want %d", c.now, got, c.want)
		}
	}
}

func TestHasFloats(t *testing.T) {
	s := load(t, `
flags:
  - {key: floats, gates: [{type: variant, variants: [{name: a, weight: 1, payload: -1}, {name: b, weight: 1, payload: 0.5}]}]}
  - {key: huge, gates: [{type: variant, variants: [{name: a, weight: 1, payload: 1e300}]}]}
  - {key: whole, gates: [{type: variant, variants: [{name: a, weight: 1, payload: 5.0}, {name: b, weight: 1}]}]}
  - {key: texts, gates: [{type: variant, variants: [{name: a, weight: 1, payload: "0.5"}]}]}
  - {key: objects, gates: [{type: variant, variants: [{name: a, weight: 1, payload: {x: 0.5}}]}]}
  - {key: none, gates: []}
`)
	for key, want := range map[string]bool{"floats": true, "huge": true, "whole": false, "texts": false, "objects": false, "none": false} {
		i := s.Find(key)
		if got := s.HasFloats(i); got != want {
			t.Errorf("%s: %t", key, got)
		}
		if got := engine.Floats(s.Bytes())[i]; got != want {
			t.Errorf("%s, from the bytes: %t", key, got)
		}
	}
}

package request

import (
	"math/big"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestRequest(t *testing.T) {
	text, err := Request{
		Flags: []string{"f"}, Actor: new("u"), Groups: []string{"g", "h"}, Now: -5, Roll: 1<<64 - 2,
		Attributes: map[string]any{"b": new(big.Int).Lsh(big.NewInt(1), 70), "a": []any{int64(1), map[string]any{"y": 1.5, "x": nil}}},
	}.Append([]byte("before"))
	if err != nil || string(text[:6]) != "before" {
		t.Fatal(err)
	}
	var r engine.Request
	if !r.Parse(string(text[6:])) {
		t.Fatalf("the engine can't read %x", text[6:])
	}
	in := &r.Input
	if r.Flag != "f" || in.Actor != "u" || in.Presence != engine.Keyed || len(in.Groups) != 2 || in.Groups[1] != "h" || in.Now != -5 || in.Roll != 1<<64-2 {
		t.Errorf("%+v", in)
	}
	for name, c := range map[string]struct {
		request Request
		want    engine.Presence
		flag    string
	}{
		"nobody":       {Request{Flags: []string{"f"}}, engine.NoActor, "f"},
		"keyless":      {Request{Flags: []string{"f"}, Keyless: true}, engine.Keyless, "f"},
		"an empty key": {Request{Flags: []string{"f"}, Actor: new("")}, engine.Keyed, "f"},
		"all flags":    {Request{Batch: true}, engine.NoActor, ""},
		"some flags":   {Request{Batch: true, Flags: []string{"f", "g"}}, engine.NoActor, ""},
	} {
		text, err := c.request.Append(nil)
		if err != nil || !r.Parse(string(text)) || r.Input.Presence != c.want || r.Flag != c.flag {
			t.Errorf("%s: %x %v, presence %v, flag %q", name, text, err, r.Input.Presence, r.Flag)
		}
	}
	for name, bad := range map[string]Request{
		"no flag": {}, "two flags": {Flags: []string{"f", "g"}}, "a value of no type": {Flags: []string{"f"}, Attributes: map[string]any{"a": 5}},
	} {
		if text, err := bad.Append(nil); err == nil {
			t.Errorf("%s: %x", name, text)
		}
	}
}

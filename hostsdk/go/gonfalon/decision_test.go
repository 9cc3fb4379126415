package gonfalon

import (
	"reflect"
	"testing"
	"time"
)

var inside = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// TestResolve is the table of ../../README.md.
func TestResolve(t *testing.T) {
	const variants = `{"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": 7}]}`
	c := booted(t, append(flags,
		`{"key": "killed", "killed": true, "gates": [{"type": "boolean", "enabled": true}]}`,
		`{"key": "killed-variants", "killed": true, "gates": [`+variants+`]}`,
		`{"key": "killed-off", "killed": true, "off_variant": "blue", "gates": [`+variants+`]}`,
		`{"key": "named", "gates": [{"type": "variant", "variants": [{"name": "blue", "weight": 1}]}]}`,
		`{"key": "unmet", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "off", "enabled": true}]}`,
		`{"key": "unmet-variants", "gates": [`+variants+`, {"type": "prerequisite", "target": "off", "enabled": true}]}`,
	)...)
	actor := For("user:42")
	for _, test := range []struct {
		key  string
		opts []Option
		want Resolution
		meta map[string]any
	}{
		{"nobody", nil, Resolution{Reason: "ERROR", Error: "FLAG_NOT_FOUND"}, map[string]any{"revision": int64(1)}},
		{"on", nil, Resolution{Value: true, Variant: "on", Reason: "STATIC"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "boolean"}},
		{"off", nil, Resolution{Value: false, Variant: "off", Reason: "DEFAULT"}, map[string]any{"revision": int64(1), "enabled": false}},
		{"actor", []Option{actor}, Resolution{Value: true, Variant: "on", Reason: "TARGETING_MATCH"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "actor/user:42"}},
		{"group", []Option{InGroups("staff")}, Resolution{Value: true, Variant: "on", Reason: "TARGETING_MATCH"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "group/staff"}},
		{"soon", []Option{At(inside)}, Resolution{Value: true, Variant: "on", Reason: "TARGETING_MATCH"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "schedule"}},
		{"half", []Option{For("user:1")}, Resolution{Value: true, Variant: "on", Reason: "SPLIT"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "percentage_of_actors"}},
		{"killed", nil, Resolution{Value: false, Variant: "off", Reason: "STATIC"}, map[string]any{"revision": int64(1), "enabled": false, "gate": "kill", "killed": true}},
		{"killed-variants", []Option{actor}, Resolution{Reason: "DISABLED"}, map[string]any{"revision": int64(1), "enabled": false, "gate": "kill", "killed": true}},
		{"killed-off", nil, Resolution{Value: int64(7), Variant: "blue", Reason: "STATIC"}, map[string]any{"revision": int64(1), "enabled": false, "gate": "kill", "killed": true}},
		{"named", []Option{actor}, Resolution{Value: "blue", Variant: "blue", Reason: "SPLIT"}, map[string]any{"revision": int64(1), "enabled": false}},
		{"named", nil, Resolution{Reason: "DEFAULT"}, map[string]any{"revision": int64(1), "enabled": false}},
		{"hero", []Option{actor}, Resolution{Value: map[string]any{"hex": "#00f"}, Variant: "blue", Reason: "SPLIT"}, map[string]any{"revision": int64(1), "enabled": true, "gate": "boolean"}},
		{"unmet", nil, Resolution{Value: false, Variant: "off", Reason: "DEFAULT"}, map[string]any{"revision": int64(1), "enabled": false, "gate": "prerequisite/off"}},
		{"unmet-variants", []Option{actor}, Resolution{Value: int64(7), Variant: "blue", Reason: "SPLIT"}, map[string]any{"revision": int64(1), "enabled": false, "gate": "prerequisite/off"}},
	} {
		d := c.Decide(test.key, test.opts...)
		if got := d.Resolve(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.key, got, test.want)
		}
		if got := d.Metadata(); !reflect.DeepEqual(got, test.meta) {
			t.Errorf("%s: %v, want %v", test.key, got, test.meta)
		}
	}
}

func TestPayloads(t *testing.T) {
	flag := func(key, payload string) string {
		return `{"key": "` + key + `", "gates": [{"type": "variant", "variants": [{"name": "v", "weight": 1, "payload": ` + payload + `}]}]}`
	}
	c := booted(t, flag("string", `"a \"b\" ü"`), flag("plain", `"plain"`), flag("empty", `""`), flag("true", `true`), flag("false", `false`), flag("int", `12`), flag("negative", `-3`),
		flag("float", `0.5`), flag("whole", `5.0`), flag("large", `1e300`), flag("object", `{"a": 1, "b": [true, null, 1.5], "c": 1234567890123456789012}`), flagOn)
	actor := For("user:1")
	for _, test := range []struct{ got, want any }{
		{c.PayloadString("string", actor), `a "b" ü`},
		{c.PayloadString("plain", actor), "plain"},
		{c.PayloadString("empty", actor, Default("x")), ""},
		{c.PayloadString("int", actor, Default("x")), "x"},
		{c.PayloadString("plain", Default("no actor")), "no actor"},
		{c.PayloadBool("true", actor), true},
		{c.PayloadBool("false", actor, Default(true)), false},
		{c.PayloadBool("int", actor, Default(true)), true},
		{c.PayloadInt("int", actor), int64(12)},
		{c.PayloadInt("negative", actor), int64(-3)},
		{c.PayloadInt("whole", actor), int64(5)},
		{c.PayloadInt("float", actor, Default(9)), int64(9)},
		{c.PayloadInt("large", actor, Default(9)), int64(9)},
		{c.PayloadInt("nobody", actor, Default(int64(9))), int64(9)},
		{c.PayloadFloat("float", actor), 0.5},
		{c.PayloadFloat("int", actor), 12.0},
		{c.PayloadFloat("large", actor), 1e300},
		{c.PayloadFloat("plain", actor, Default(1.5)), 1.5},
		{c.PayloadFloat("plain", actor, Default(2)), 2.0},
		{string(c.Payload("true", actor)), "true"},
		{c.Payload("on", actor) == nil, true},
		{c.Variant("true", actor), "v"},
		{c.Variant("on", actor, Default("none")), "none"},
		{c.Variant("true", Default("no actor")), "no actor"},
	} {
		if test.got != test.want {
			t.Errorf("got %v (%T), want %v", test.got, test.got, test.want)
		}
	}
	var into struct{ A int }
	if !c.PayloadObject("object", &into, actor) || into.A != 1 {
		t.Errorf("%+v", into)
	}
	if c.PayloadObject("int", &into, actor) || c.PayloadObject("nobody", &into, actor) {
		t.Error("an object from nowhere")
	}
	d := c.Decide("object", actor)
	want := map[string]any{"a": int64(1), "b": []any{true, nil, 1.5}, "c": 1234567890123456789012.0}
	if got := d.Resolve().Value; !reflect.DeepEqual(got, want) {
		t.Errorf("%#v", got)
	}
}

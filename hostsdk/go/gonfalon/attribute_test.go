package gonfalon

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

type plan string

func TestNormal(t *testing.T) {
	long, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	n := 5
	for _, test := range []struct{ in, want any }{
		{nil, nil}, {true, true}, {"text", "text"}, {plan("pro"), "pro"},
		{"a\xffb\xfe\xfd", "a\ufffdb\ufffd\ufffd"},
		{1, int64(1)}, {int8(-1), int64(-1)}, {uint16(7), int64(7)}, {uint64(math.MaxUint64), new(big.Int).SetUint64(math.MaxUint64)}, {uint64(9), int64(9)},
		{5.0, int64(5)}, {5.5, 5.5}, {math.Copysign(0, -1), int64(0)}, {float32(0.5), 0.5}, {float64(1 << 53), int64(1 << 53)}, {float64(1<<53) * 2, float64(1<<53) * 2}, {-float64(1 << 53), int64(-1 << 53)},
		{math.NaN(), nil}, {math.Inf(1), nil}, {math.Inf(-1), nil},
		{json.Number("5"), int64(5)}, {json.Number("5.0"), int64(5)}, {json.Number("1e2"), int64(100)}, {json.Number("0.1"), 0.1}, {json.Number("1e999"), nil}, {json.Number("x"), nil},
		{json.Number("123456789012345678901234567890"), long}, {long, long}, {big.NewInt(3), int64(3)}, {(*big.Int)(nil), nil},
		{&n, int64(5)}, {(*int)(nil), nil},
		{time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600)), "2026-01-02T02:04:05.000006Z"},
		{[]string{"a", "b"}, []any{"a", "b"}}, {[]any{1.0, nil}, []any{int64(1), nil}}, {[2]bool{true}, []any{true, false}}, {[]int(nil), nil},
		{map[string]int{"a": 1}, map[string]any{"a": int64(1)}}, {map[int]int{1: 1}, nil}, {map[plan]any{"a\xff": 1.5}, map[string]any{"a\ufffd": 1.5}},
		{struct{}{}, nil}, {make(chan int), nil}, {func() {}, nil}, {complex(1, 1), nil},
	} {
		if got := normal(test.in, 0, plenty()); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%#v: %#v, want %#v", test.in, got, test.want)
		}
	}
}

func TestNestingEnds(t *testing.T) {
	self := map[string]any{}
	self["self"] = self
	depth := 0
	for v := normal(self, 0, plenty()); v != nil; depth++ {
		v = v.(map[string]any)["self"]
	}
	if depth != maxDepth {
		t.Errorf("%d deep", depth)
	}
}

func TestValuesReachRules(t *testing.T) {
	rule := func(key, operator, values string) string {
		return `{"key": "` + key + `", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "x", "operator": "` + operator + `", "values": ` + values + `}]}]}`
	}
	c := booted(t, rule("five", "eq", "[5]"), rule("half", "eq", "[0.5]"), rule("list", "eq", `[["a", 1]]`), rule("map", "eq", `[{"a": [1.5], "b": {"c": null}}]`), rule("has", "contains", `["a"]`),
		rule("long", "gt", "[123456789012345678901234567889]"), rule("true", "eq", "[true]"), rule("mark", "eq", `["\ufffd"]`))
	long, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for _, test := range []struct {
		key   string
		value any
		want  bool
	}{
		{"five", 5, true}, {"five", 5.0, true}, {"five", uint8(5), true}, {"five", json.Number("5.0"), true}, {"five", 5.5, false}, {"five", nil, false},
		{"half", 0.5, true}, {"half", float32(0.5), true},
		{"list", []any{"a", 1}, true}, {"list", []any{"a", 1.0}, true}, {"list", []any{"a", 2}, false},
		{"map", map[string]any{"b": map[string]any{"c": nil}, "a": []float64{1.5}}, true}, {"map", map[string]any{"a": []float64{1.5}}, false},
		{"has", plan("cat"), true}, {"has", "dog", false},
		{"long", long, true}, {"long", json.Number(long.String()), true}, {"long", math.MaxInt64, false},
		{"true", true, true}, {"mark", "\xff", true},
	} {
		if got := c.Enabled(test.key, With("x", test.value)); got != test.want {
			t.Errorf("%s of %#v is %t", test.key, test.value, got)
		}
		if got := c.Enabled(test.key, Attributes(map[string]any{"x": test.value})); got != test.want {
			t.Errorf("%s of %#v in a map is %t", test.key, test.value, got)
		}
	}
}

func TestLimitsOfAContext(t *testing.T) {
	c := booted(t, flagGroup, flagRule)
	many := map[string]any{"plan": "pro"}
	names := make([]string, 0, 400)
	for i := range 400 {
		name := "z" + strings.Repeat("x", i)
		many[name] = i
		names = append(names, name)
	}
	late := InGroups(append(names, "staff")...)
	if !c.Enabled("rule", Attributes(many)) || !c.Enabled("rule", Prepare(Attributes(many))) {
		t.Errorf("of %d attributes the one that matters is lost", len(many))
	}
	if !c.Enabled("group", late) || !c.Enabled("group", Prepare(late)) {
		t.Errorf("of %d groups the one that matters is lost", len(names)+1)
	}
	for _, d := range c.DecideAll(late, Attributes(many)) {
		if !d.Enabled {
			t.Errorf("in a batch %s is %+v", d.Key, d)
		}
	}
	if x := c.Explain("group", late, Attributes(many)); !x.Enabled || len(x.Steps) == 0 {
		t.Errorf("the explanation is %+v", x)
	}
}

// plenty is what one attribute may have in it.
func plenty() *int {
	left := maxListed
	return &left
}

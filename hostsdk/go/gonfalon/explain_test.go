package gonfalon

import (
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestExplain(t *testing.T) {
	c := booted(t, flagOff, flagGroup, `{"key": "new", "gates": [
		{"type": "prerequisite", "target": "off", "enabled": false},
		{"type": "actor", "target": "user:7", "enabled": true},
		{"type": "group", "target": "staff", "enabled": true},
		{"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "in", "values": ["team", 123456789012345678901, 0.5, null, [true]]}]},
		{"type": "schedule", "from": "2030-01-01T00:00:00Z", "until": null},
		{"type": "percentage_of_actors", "ratio": 0.25}]}`)
	x := c.Explain("new", For("user:3"), With("plan", "pro"), At(inside))
	gates := []string{}
	for _, s := range x.Steps {
		gates = append(gates, s.Gate.String()+" "+s.Outcome.String())
	}
	if got, want := strings.Join(gates, ", "), "prerequisite pass, actor no, group no, rule no, boolean no, schedule no, percentage_of_actors no"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	long, _ := new(big.Int).SetString("123456789012345678901", 10)
	want := []Comparison{{Attribute: "plan", Operator: x.Steps[3].Comparisons[0].Operator, Values: []any{"team", long, 0.5, nil, []any{true}}, Actual: "pro"}}
	if got := x.Steps[3].Comparisons; !reflect.DeepEqual(got, want) || got[0].Operator.String() != "in" {
		t.Errorf("%+v", got)
	}
	if s := x.Steps[5]; s.A == nil || s.B != nil || *s.C != inside.UnixMicro() {
		t.Errorf("%+v", s)
	}
	text := x.String()
	for _, part := range []string{"new · revision 1 · off · DEFAULT", "off, as required", "from 2030-01-01T00:00:00Z on", `plan in ["team", 1234`, "score "} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	if x := c.Explain("nobody"); x.Known() || !strings.Contains(x.String(), "unknown flag") {
		t.Error(x.String())
	}
	if x := c.Explain("group", For(user{id: "u", groups: map[string]bool{"staff": true}})); x.Steps[0].Gate != engine.GateGroup || !x.Enabled {
		t.Error(x.String())
	}
}

package examples

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// An A/B test serves variants with payloads, so that the code knows of colours and not of variants. A hook notes who saw which.
func TestABTest(t *testing.T) {
	exposures := map[string]string{}
	flags := flagtest.New(t, flagtest.Hook(gonfalon.Hook{Evaluated: func(e gonfalon.Evaluation) {
		if e.Decision.Variant != "" {
			exposures[e.Actor] = e.Decision.Variant
		}
	}}))
	flags.Put(`{"key": "button", "gates": [{"type": "boolean", "enabled": true}, {"type": "variant", "variants": [
		{"name": "control", "weight": 2, "payload": {"colour": "grey", "label": "Buy"}},
		{"name": "bold",    "weight": 1, "payload": {"colour": "red",  "label": "Buy now"}},
		{"name": "calm",    "weight": 1, "payload": {"colour": "blue", "label": "Add to basket"}}]}]}`)
	type button struct{ Colour, Label string }
	seen := map[string]int{}
	for i := range 4000 {
		b := button{Colour: "grey", Label: "Buy"} // what is shown if there is no such flag
		flags.PayloadObject("button", &b, gonfalon.For(fmt.Sprint("user:", i)))
		seen[b.Colour]++
	}
	for colour, share := range map[string]float64{"grey": 0.5, "red": 0.25, "blue": 0.25} {
		if got := float64(seen[colour]) / 4000; got < share-0.03 || got > share+0.03 {
			t.Errorf("%v saw %s, want %v", got, colour, share)
		}
	}
	if len(exposures) != 4000 || exposures["user:7"] != flags.Variant("button", gonfalon.For("user:7")) {
		t.Errorf("%d exposures", len(exposures))
	}
}

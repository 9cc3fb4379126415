package examples

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// A rollout goes up in steps. Whoever has the feature keeps it, since an actor's place among all actors doesn't change; if it goes
// wrong, a kill takes it from everybody at once and keeps the gates.
func TestGradualRollout(t *testing.T) {
	flags := flagtest.New(t)
	const actors = 10_000
	var before map[int]bool
	for _, share := range []float64{0.01, 0.1, 0.5, 0.9} {
		flags.Enable("search_v2", flagtest.ForPercentageOfActors(share))
		has := map[int]bool{}
		for i := range actors {
			if flags.Enabled("search_v2", gonfalon.For(fmt.Sprint("user:", i))) {
				has[i] = true
			}
		}
		for i := range before {
			if !has[i] {
				t.Fatalf("user:%d lost the feature at %v", i, share)
			}
		}
		if got := float64(len(has)) / actors; got < share-0.02 || got > share+0.02 {
			t.Errorf("%v of the actors have it at %v", got, share)
		}
		before = has
	}
	flags.Kill("search_v2")
	if flags.Enabled("search_v2", gonfalon.For("user:1"), gonfalon.Default(true)) {
		t.Error("killed, and on")
	}
}

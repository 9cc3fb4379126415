package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/flagset/settest"
)

func TestGeneratedSetsHaveEverything(t *testing.T) {
	var sets []*flagset.Set
	for seed := range uint64(50) {
		sets = append(sets, generator{rand.New(rand.NewPCG(seed, 1))}.set(30))
	}
	if missing := settest.NeverSet(sets...); len(missing) > 0 {
		t.Errorf("generate.go never makes %v", missing)
	}
}

package feed

import (
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// TestThePastIsBoundedByWhatItHolds: many states that share their records are kept, and few that don't.
func TestThePastIsBoundedByWhatItHolds(t *testing.T) {
	const flags = 1_000
	list := func(round, changed int, before []*model.Record) []*model.Record {
		all := make([]*model.Record, flags)
		for i := range all {
			if all[i] = new(model.Record); i >= changed && before != nil {
				all[i] = before[i]
				continue
			}
			all[i].Compiled = snapshot.Record{Key: fmt.Sprintf("flag%05d", i)}
			all[i].Raw = make([]byte, 400)
		}
		return all
	}
	kept := func(changed int) (states, bytes int) {
		var past []*model.State
		var before []*model.Record
		for round := range 2 * maxPast {
			before = list(round, changed, before)
			past = worthKeeping(append(past, model.NewState("e", model.Head{}, 1, 1, before, nil)))
		}
		for i := range past[:len(past)-1] {
			bytes += heldBeside(past[i].Flags, past[i+1].Flags)
		}
		return len(past), bytes
	}
	if n, _ := kept(1); n != maxPast {
		t.Errorf("%d states that share nearly everything are kept, want %d", n, maxPast)
	}
	if n, held := kept(flags); n < 2 || held > maxPastBytes {
		t.Errorf("%d states that share nothing are kept, with %d bytes", n, held)
	}
}

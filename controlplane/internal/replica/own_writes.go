package replica

import (
	"strings"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// ownWrites holds the records that this replica is writing, by their stored value. When they come back through the
// watch, the replica needn't read them again, which matters for a large flag.
type ownWrites struct {
	mu  sync.Mutex
	all map[string]*model.Record
}

// add remembers a draft's records, and returns their values.
func (w *ownWrites) add(d *Draft, ops []store.Op) (values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[string]*model.Record{}
	}
	for _, op := range ops {
		kind := snapshot.FlagRecord
		if strings.HasPrefix(op.Key, stored.SegmentPrefix) {
			kind = snapshot.SegmentRecord
		}
		if r := d.Replaced[kind][stored.Tail(op.Key)]; r != nil {
			w.all[string(op.Value)] = r
			values = append(values, string(op.Value))
		}
	}
	return values
}

func (w *ownWrites) find(value []byte) *model.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all[string(value)]
}

func (w *ownWrites) forget(values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, value := range values {
		delete(w.all, value)
	}
}

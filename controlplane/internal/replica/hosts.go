package replica

import (
	"context"
	"maps"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// HostTable is what the replicas have heard of an environment's hosts, by key in the store. It is immutable.
type HostTable struct{ byKey map[string][]stored.Host }

// Each calls f for every host. One that several replicas heard of comes several times.
func (t *HostTable) Each(f func(*stored.Host)) {
	if t == nil {
		return
	}
	for _, list := range t.byKey {
		for i := range list {
			f(&list[i])
		}
	}
}

// hostEvent replaces a shard in the view's map.
func (v *View) hostEvent(e store.Event) error {
	env, _, err := stored.ParseHostKey(e.Key)
	if err != nil {
		return err
	}
	table := &HostTable{map[string][]stored.Host{}}
	if old := v.Hosts[env]; old != nil {
		table.byKey = maps.Clone(old.byKey)
	}
	delete(table.byKey, e.Key)
	if !e.Deleted {
		var list []stored.Host
		if err := stored.Unmarshal(e.Value, &list); err != nil {
			return err
		}
		table.byKey[e.Key] = list
	}
	v.Hosts[env] = table
	if len(table.byKey) == 0 {
		delete(v.Hosts, env)
	}
	return nil
}

// oldHosts is how long after its last host was heard of a shard is deleted. Its replica is gone, or it would have
// deleted it itself.
const oldHosts = time.Hour

// hosts deletes what replicas that are gone have heard of hosts.
func (w *sweeper) hosts(ctx context.Context) error {
	old := w.rep.now().Add(-oldHosts).UnixMicro()
	all := stored.NewBatcher(w.rep.store, true, nil)
	if _, err := store.ReadAll(ctx, w.rep.store, store.Under(stored.HostPrefix+w.env+"/"), func(e store.Entry) error {
		var list []stored.Host
		_ = stored.Unmarshal(e.Value, &list) // what can't be read is of no use
		for _, h := range list {
			if h.Seen > old {
				return nil
			}
		}
		return all.Add(ctx, store.Op{Key: e.Key, Delete: true})
	}); err != nil {
		return err
	}
	return all.Flush(ctx)
}

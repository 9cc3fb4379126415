package replica

import (
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// usageTable is an environment's usage in the form that the store has. It is immutable.
type usageTable [stored.UsageShards]map[string]stored.Usage

// Of returns the usage of a flag.
func (t *usageTable) Of(flag string) stored.Usage {
	if t == nil {
		return stored.Usage{}
	}
	return t[stored.UsageShard(flag)][flag]
}

// putUsage replaces a shard in the view's map.
func (v *View) putUsage(key string, value []byte) error {
	env, shard, err := stored.ParseUsageKey(key)
	if err != nil {
		return err
	}
	table := usageTable{}
	if old := v.Usage[env]; old != nil {
		table = *old
	}
	table[shard] = nil
	if value != nil {
		if err := stored.Unmarshal(value, &table[shard]); err != nil {
			return err
		}
	}
	v.Usage[env] = &table
	return nil
}

func (v *View) usageEvent(e store.Event) error {
	if e.Deleted {
		return v.putUsage(e.Key, nil)
	}
	return v.putUsage(e.Key, e.Value)
}

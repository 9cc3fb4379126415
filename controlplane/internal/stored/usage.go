package stored

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// UsageShards is how many keys an environment's usage is spread over, so that each fits into a transaction even with
// engine.MaxFlags flags that have the longest keys.
const UsageShards = 16

// Usage is the usage of one flag.
type Usage struct {
	Last  int64 `msgpack:"l"` // Unix microseconds
	Count int64 `msgpack:"c"`
}

// maxCount is where counts end. A report may name any number, and every language reads this one.
const maxCount = 1 << 53

// Add returns the usage of two reports.
func (u Usage) Add(v Usage) Usage {
	return Usage{max(u.Last, v.Last), min(u.Count, maxCount) + min(v.Count, maxCount-min(u.Count, maxCount))}
}

// UsageShard returns the number of the shard that holds a flag's usage.
func UsageShard(flag string) int { return shardOf(flag, UsageShards) }

func shardOf(key string, shards uint32) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % shards)
}

// ParseUsageKey reads what UsageKey returns.
func ParseUsageKey(key string) (env string, shard int, err error) {
	env, text, found := strings.Cut(strings.TrimPrefix(key, UsagePrefix), "/")
	if _, err := fmt.Sscanf(text, "%02x", &shard); err != nil || !found || shard >= UsageShards {
		return "", 0, fmt.Errorf("%w: key %s", ErrBroken, key)
	}
	return env, shard, nil
}

package stored

import (
	"fmt"
	"strings"
)

// HostShards is how many keys the hosts are spread over that one replica heard of an environment, so that each stays
// small, and a change of some hosts writes few.
const HostShards = 16

// Host is a host as a replica last heard of it.
type Host struct {
	ID       string `msgpack:"id"`
	SDK      string `msgpack:"sdk,omitempty"`
	Version  string `msgpack:"version,omitempty"`
	Via      string `msgpack:"via,omitempty"`
	Address  string `msgpack:"address,omitempty"`
	Lineage  string `msgpack:"lineage,omitempty"`  // 32 hex digits; "" if the host didn't say
	Revision int64  `msgpack:"revision,omitempty"` // that it serves
	Seen     int64  `msgpack:"seen"`               // Unix microseconds
	Gone     bool   `msgpack:"gone,omitempty"`     // it has said that it ends
}

// HostShard returns the number of the shard that holds a host.
func HostShard(id string) int { return shardOf(id, HostShards) }

// HostKey returns the key of a shard of the hosts that a replica heard of.
func HostKey(env, replica string, shard int) string {
	return fmt.Sprintf("%s%s/%s-%02x", HostPrefix, env, replica, shard)
}

// ParseHostKey reads what HostKey returns.
func ParseHostKey(key string) (env string, shard int, err error) {
	env, rest, found := strings.Cut(strings.TrimPrefix(key, HostPrefix), "/")
	_, text, dash := strings.Cut(rest, "-")
	if _, err := fmt.Sscanf(text, "%02x", &shard); err != nil || !found || !dash || shard >= HostShards {
		return "", 0, fmt.Errorf("%w: key %s", ErrBroken, key)
	}
	return env, shard, nil
}

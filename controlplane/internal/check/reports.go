package check

import (
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// reported is something that hosts report, kept in shards.
type reported struct {
	prefix, what string
	parse        func(key string) (env string, shard int, err error)
	misplaced    func(value []byte, shard int) ([]string, error) // what belongs to another shard
}

var allReported = []reported{
	{stored.UsagePrefix, "usage", stored.ParseUsageKey, misplacedFlags[stored.Usage]},
	{stored.HourPrefix, "counts", parseSpan(stored.Hour), misplacedFlags[stored.Count]},
	{stored.DayPrefix, "counts", parseSpan(stored.Day), misplacedFlags[stored.Count]},
	{stored.HostPrefix, "hosts", stored.ParseHostKey, misplacedHosts},
}

// reports checks what hosts have reported.
func (w *walker) reports(st *model.State) error {
	for _, r := range allReported {
		if err := w.read(r.prefix+st.Env+"/", func(e store.Entry) {
			_, shard, err := r.parse(e.Key)
			if err != nil {
				w.report(e.Key, "the key of the %s can't be read: %v", r.what, err)
				return
			}
			misplaced, err := r.misplaced(e.Value, shard)
			if err != nil {
				w.report(e.Key, "the %s can't be read: %v", r.what, err)
				return
			}
			for _, name := range misplaced {
				w.report(e.Key, "the %s belongs to another shard", name)
			}
			if st.Head.Deleted {
				w.litter(e.Key, "the environment is deleted")
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func parseSpan(s stored.Span) func(key string) (string, int, error) {
	return func(key string) (string, int, error) {
		shard, _, err := s.Parse(key)
		return "", shard, err
	}
}

func misplacedFlags[T any](value []byte, shard int) (names []string, err error) {
	var byFlag map[string]T
	err = stored.Unmarshal(value, &byFlag)
	for flag := range byFlag {
		if stored.UsageShard(flag) != shard {
			names = append(names, fmt.Sprintf("flag %q", flag))
		}
	}
	return names, err
}

func misplacedHosts(value []byte, shard int) (names []string, err error) {
	var list []stored.Host
	err = stored.Unmarshal(value, &list)
	for _, h := range list {
		if stored.HostShard(h.ID) != shard {
			names = append(names, fmt.Sprintf("host %q", h.ID))
		}
	}
	return names, err
}

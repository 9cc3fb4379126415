package controlplane

import (
	"context"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
)

// DefaultStale is how long a flag isn't evaluated before a list shows it as stale.
const DefaultStale = 30 * 24 * time.Hour

// usageIndexAge is how long an answer about the usage of all flags is good: hosts report once a minute, and making it
// reads a day's counts of every flag.
const usageIndexAge = 30 * time.Second

// usageIndex is what an environment's flags were evaluated in the last 24 hours. Whoever asks first makes it, and the
// others wait.
type usageIndex struct {
	mu    sync.Mutex
	made  time.Time
	flags map[string]*day
}

// UsageIndex says of every flag when it was last evaluated, how often in the last 24 hours, and whether it is stale: not
// evaluated for a time, 0 for 30 days. An error has the code NotFound or Unavailable.
func (s *Service) UsageIndex(ctx context.Context, env string, stale time.Duration) (api.UsageIndex, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.UsageIndex{}, err
	}
	if stale <= 0 {
		stale = DefaultStale
	}
	v := s.replica.View()
	x := s.usageIndexes.of(v, env)
	x.mu.Lock()
	defer x.mu.Unlock()
	if now := s.now(); x.flags == nil || now.Sub(x.made) > usageIndexAge || now.Before(x.made) {
		if x.flags, err = s.lastDay(ctx, env, now); err != nil {
			return api.UsageIndex{}, err
		}
		x.made = now
	}
	index := api.UsageIndex{Time: x.made.UTC(), Flags: map[string]api.UsageIndexFlag{}}
	fresh := s.fresh(st, s.now().Add(-stale))
	for _, r := range st.Flags {
		f := api.UsageIndexFlag{LastEvaluated: stored.FromMicros(s.usageOf(v, env, r.Key()).Last), Stale: !fresh[r.Key()]}
		if f.Stale && r.Read() == nil {
			f.Stale = !r.Flag().Permanent
		}
		if d := x.flags[r.Key()]; d != nil {
			f.Evaluations, f.Spark = d.sum(), d.spark()
		}
		if f != (api.UsageIndexFlag{}) {
			index.Flags[r.Key()] = f
		}
	}
	return index, nil
}

// lastDay reads what each flag was evaluated in the last 24 hours.
func (s *Service) lastDay(ctx context.Context, env string, now time.Time) (map[string]*day, error) {
	flags := map[string]*day{}
	from := stored.Hour.At(now) - sparkHours + 1
	for shard := range stored.UsageShards {
		if err := s.eachCounts(ctx, stored.Hour, env, shard, from, func(hour int64, counts stored.Counts) {
			i := hour - from
			if i < 0 || i >= sparkHours {
				return
			}
			for flag, n := range counts {
				if flags[flag] == nil {
					flags[flag] = new(day)
				}
				flags[flag][i] = flags[flag][i].Add(n)
			}
		}); err != nil {
			return nil, err
		}
	}
	return flags, nil
}

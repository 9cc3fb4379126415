package controlplane

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// shownHours is how many hours a history by hour has.
const shownHours = 48

// countPool gathers what hosts have counted until it is written.
type countPool struct {
	mu  sync.Mutex
	all map[countAt]stored.Counts
}

// countAt is one key in the store.
type countAt struct {
	env   string
	shard int
	hour  int64
}

// add adds the counts of reports to the hour in which they arrive. A host reports once a minute, and its clock isn't
// asked.
func (p *countPool) add(env string, batch []FlagUsage, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range batch {
		n := stored.Count{stored.CountRest: u.Count}
		if u.Told {
			on := min(u.On, u.Count)
			n = stored.Count{stored.CountOn: on, stored.CountOff: u.Count - on}
		}
		p.at(countAt{env, stored.UsageShard(u.Flag), stored.Hour.At(now)}).AddTo(u.Flag, n)
	}
}

// at returns the counts that belong to a key. The caller holds the lock.
func (p *countPool) at(at countAt) stored.Counts {
	if p.all == nil {
		p.all = map[countAt]stored.Counts{}
	}
	if p.all[at] == nil {
		p.all[at] = stored.Counts{}
	}
	return p.all[at]
}

// giveBack puts counts that could not be written back into the pool.
func (p *countPool) giveBack(at countAt, counts stored.Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for flag, n := range counts {
		p.at(at).AddTo(flag, n)
	}
}

func (p *countPool) take() map[countAt]stored.Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.all
	p.all = nil
	return taken
}

// writeCounts writes the gathered counts, added to what other replicas have written.
//
// Why: RATIONALE.md "How is usage over time kept?"
func (s *Service) writeCounts(ctx context.Context) {
	for at, counts := range s.counts.take() {
		if s.replica.View().State(at.env) == nil {
			continue // it was deleted in the meantime
		}
		if err := s.addCounts(ctx, stored.Hour.Key(at.env, at.shard, at.hour), counts); err != nil {
			s.log.Warn("counts of evaluations can't be written yet", "environment", at.env, "error", err)
			s.counts.giveBack(at, counts)
		}
	}
}

func (s *Service) addCounts(ctx context.Context, key string, counts stored.Counts) error {
	for ctx.Err() == nil {
		e, err := store.ReadOne(ctx, s.store, key)
		if err != nil {
			return err
		}
		sum := s.countsOf(e)
		for flag, n := range counts {
			sum.AddTo(flag, n)
		}
		result, err := s.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: key, Revision: e.Revision}},
			Ops:    []store.Op{{Key: key, Value: stored.Marshal(sum)}},
		})
		if err != nil || result.Committed {
			return err
		}
	}
	return ctx.Err()
}

// countsOf reads counts. Those that can't be read start again from nothing.
func (s *Service) countsOf(e store.Entry) stored.Counts {
	counts := stored.Counts{}
	if e.Revision == 0 {
		return counts
	}
	if err := stored.Unmarshal(e.Value, &counts); err != nil {
		s.log.Error("counts of evaluations can't be read", "key", e.Key, "error", err)
		return stored.Counts{}
	}
	return counts
}

// eachCounts calls f with the counts of a shard in the spans from a number on, and with what this replica has yet to write.
func (s *Service) eachCounts(ctx context.Context, span stored.Span, env string, shard int, from int64, f func(n int64, counts stored.Counts)) error {
	r := store.Range{From: span.Key(env, shard, from), To: span.Key(env, shard, 1<<32-1)}
	if _, err := store.ReadAll(ctx, s.store, r, func(e store.Entry) error {
		if _, n, err := span.Parse(e.Key); err == nil {
			f(n, s.countsOf(e))
		}
		return nil
	}); err != nil {
		return model.Unavailable("the store doesn't answer", err)
	}
	if span != stored.Hour {
		return nil
	}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	for at, counts := range s.counts.all {
		if at.env == env && at.shard == shard && at.hour >= from {
			f(at.hour, counts)
		}
	}
	return nil
}

// UsageHistory returns how often a flag was evaluated: in the last 48 hours or, by day, in the last 90 days. An error has
// the code NotFound or Unavailable.
func (s *Service) UsageHistory(ctx context.Context, env, key string, byDay bool) (api.UsageHistory, error) {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.UsageHistory{}, err
	}
	if st.Flag(key) == nil {
		return api.UsageHistory{}, model.NoFlag(key)
	}
	span, shown, name := stored.Hour, int64(shownHours), "hour"
	if byDay {
		span, shown, name = stored.Day, int64(stored.Day.Kept), "day"
	}
	from := span.At(s.now()) - shown + 1
	sums := make([]stored.Count, shown)
	add := func(n int64, counts stored.Counts) {
		if i := n - from; i >= 0 && i < shown {
			sums[i] = sums[i].Add(counts[key])
		}
	}
	shard := stored.UsageShard(key)
	summed := map[int64]bool{}
	if byDay {
		err = s.eachCounts(ctx, stored.Day, env, shard, from, func(n int64, counts stored.Counts) {
			summed[n] = true
			add(n, counts)
		})
	}
	if err == nil { // of a day that isn't summed up yet, there are the hours
		err = s.eachCounts(ctx, stored.Hour, env, shard, stored.Hour.At(span.Start(from)), func(hour int64, counts stored.Counts) {
			if n := span.At(stored.Hour.Start(hour)); !summed[n] {
				add(n, counts)
			}
		})
	}
	if err != nil {
		return api.UsageHistory{}, err
	}
	history := api.UsageHistory{By: name, From: span.Start(from), Counts: make([]api.UsageCount, shown)}
	for i, n := range sums {
		history.Counts[i] = api.UsageCount{Time: span.Start(from + int64(i)), On: n[stored.CountOn], Off: n[stored.CountOff], Rest: n[stored.CountRest]}
	}
	return history, nil
}

// sparkHours is how many hours a spark has.
const sparkHours = 24

// day is what a list shows of a flag's last 24 hours.
type day [sparkHours]stored.Count

func (d *day) sum() (sum int64) {
	for _, n := range d {
		sum += n.Sum()
	}
	return sum
}

// mostSpark is the busiest hour of a spark, in which a list shows more than it has pixels for.
const mostSpark = 20

// spark writes each hour as all/on.
func (d *day) spark() string {
	var most int64
	for _, n := range d {
		most = max(most, n.Sum())
	}
	if most == 0 {
		return ""
	}
	scaled := func(n int64) int64 {
		if most <= mostSpark || n == 0 {
			return n
		}
		return max(1, int64(float64(n)/float64(most)*mostSpark+0.5)) // an hour with one evaluation has some
	}
	var b strings.Builder
	for i, n := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(scaled(n.Sum()), 10))
		if on := n[stored.CountOn]; on > 0 {
			b.WriteString("/" + strconv.FormatInt(scaled(on), 10))
		}
	}
	return b.String()
}

package gonfalon

import (
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// FlagUsage is how often a flag was evaluated since the last report, and when it was counted last.
type FlagUsage struct {
	Flag  string
	Count int64
	On    int64 // how often of those it was on
	Last  time.Time
}

// counts are one generation's evaluations by flag. Shards keep processors that ask for the same flag off each other's
// cache lines.
type counts struct {
	shards [][]atomic.Uint32 // of each flag how often it was off, and how often it was on
}

// maxShards bounds the memory: 8 × 8 bytes a flag.
const maxShards = 8

func newCounts(flags int32) *counts {
	n := 1
	for n < runtime.GOMAXPROCS(0) && n < maxShards {
		n *= 2
	}
	c := &counts{shards: make([][]atomic.Uint32, n)}
	for i := range c.shards {
		c.shards[i] = make([]atomic.Uint32, 2*flags)
	}
	return c
}

func (c *counts) add(i int32, on bool) {
	i *= 2
	if on {
		i++
	}
	shard := c.shards[0]
	if len(c.shards) > 1 {
		shard = c.shards[rand.Uint32()&uint32(len(c.shards)-1)]
	}
	shard[i].Add(1)
}

// take returns a count of all shards, which is 0 from then on.
func (c *counts) take(i int) (n int64) {
	for _, shard := range c.shards {
		if shard[i].Load() > 0 {
			n += int64(shard[i].Swap(0))
		}
	}
	return n
}

// usage gathers what generations have counted, and reports it.
type usage struct {
	on          bool
	host        *host         // nil if the reports don't go to the control plane
	news        chan struct{} // another snapshot serves
	mu          sync.Mutex
	generations []*generation // the one that serves, and those that may still be counting
	pending     map[string]FlagUsage
}

// track adds a generation. Those before it are read once more by the next report, when the calls that began with them
// have ended.
func (u *usage) track(g *generation) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.generations) == maxGenerations {
		u.harvest(u.generations[0])
		u.generations = slices.Delete(u.generations, 0, 1)
	}
	u.generations = append(u.generations, g)
	select {
	case u.news <- struct{}{}:
	default:
	}
}

// maxGenerations bounds how many replaced snapshots stay in memory for their counts, where changes come faster than
// reports.
const maxGenerations = 4

// harvest takes a generation's counts. The lock is held.
func (u *usage) harvest(g *generation) {
	now := time.Now().UTC().Truncate(time.Second)
	for i := range len(g.counts.shards[0]) / 2 {
		off, on := g.counts.take(2*i), g.counts.take(2*i+1)
		if off+on == 0 {
			continue
		}
		key := g.loaded.Key(int32(i))
		before, known := u.pending[key]
		if !known && len(u.pending) >= engine.MaxFlags {
			continue
		}
		if u.pending == nil {
			u.pending = map[string]FlagUsage{}
		}
		u.pending[key] = FlagUsage{Flag: key, Count: before.Count + off + on, On: before.On + on, Last: now}
	}
}

// batch takes up to maxBatch flags of what is pending.
func (u *usage) batch() []FlagUsage {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys := slices.Sorted(maps.Keys(u.pending))
	batch := make([]FlagUsage, 0, min(len(keys), maxBatch))
	for _, key := range keys[:min(len(keys), maxBatch)] {
		batch = append(batch, u.pending[key])
		delete(u.pending, key)
	}
	return batch
}

// maxBatch is how many flags a report has; it stays below 200 KB.
const maxBatch = 1000

// giveBack merges a batch that couldn't be delivered into the next one.
func (u *usage) giveBack(batch []FlagUsage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, b := range batch {
		if later, ok := u.pending[b.Flag]; ok {
			b.Count += later.Count
			b.On += later.On
			b.Last = later.Last
		}
		if u.pending == nil {
			u.pending = map[string]FlagUsage{}
		}
		u.pending[b.Flag] = b
	}
}

func (u *usage) gather() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, g := range u.generations {
		u.harvest(g)
	}
	if n := len(u.generations); n > 1 {
		u.generations = slices.Delete(u.generations, 0, n-1)
	}
}

const (
	reportPatience = 10 * time.Second
	lastPatience   = time.Second // on Close
)

// reportUsage is the goroutine that reports.
func (c *Client) reportUsage(ctx context.Context) {
	regular := time.NewTimer(c.untilReport())
	defer regular.Stop()
	var told time.Time        // when the host last told what serves
	var soon <-chan time.Time // when it does so again
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPatience)
			c.sayGoodbye(last)
			cancel()
			return
		case <-regular.C:
			c.sendUsage(ctx)
			regular.Reset(c.untilReport())
		case <-c.usage.news:
			if h := c.usage.host; h != nil && !h.plain && !h.silent && soon == nil {
				soon = time.After(tellIn(time.Now(), told))
			}
		case <-soon:
			c.usage.host.tell(ctx)
			told, soon = time.Now(), nil
		}
	}
}

// untilReport returns how long it is until the next regular report.
func (c *Client) untilReport() time.Duration {
	return jittered(c.config.Usage, 0.25)
}

// sayGoodbye reports for the last time.
func (c *Client) sayGoodbye(ctx context.Context) {
	if h := c.usage.host; h != nil {
		h.gone = true
	}
	c.sendUsage(ctx)
}

func (c *Client) sendUsage(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reportPatience)
	defer cancel()
	c.usage.gather()
	batch := c.usage.batch()
	if h := c.usage.host; h != nil && len(batch) == 0 && !h.plain && (h.told || !h.gone) {
		h.tell(ctx) // that it is still there, or that it ends
	}
	for ; len(batch) > 0; batch = c.usage.batch() {
		if err := attempt(func() error { return c.config.ReportUsage(ctx, c.config.Environment, batch) }); err != nil {
			c.usage.giveBack(batch)
			c.config.Logger.Debug("gonfalon: usage can't be reported, it goes with the next report", "env", c.config.Environment, "error", err)
			return
		}
	}
}

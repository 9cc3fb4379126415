package controlplane

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// FlagUsage is a host's report about one flag.
type FlagUsage struct {
	Flag  string
	Last  time.Time // when it was last evaluated
	Count int64     // how often since the host's last report
	On    int64     // how often of those it was on, if the host has told
	Told  bool
}

const (
	// usagePause is the shortest time between two writes of an environment's usage.
	usagePause = time.Minute
	// maxReports bounds a batch. A host with more flags sends several.
	maxReports = engine.MaxFlags
)

// usagePool gathers reports until they are written.
type usagePool struct {
	mu   sync.Mutex
	envs map[string]map[string]stored.Usage
}

func (p *usagePool) add(env string, batch []FlagUsage, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.envs == nil {
		p.envs = map[string]map[string]stored.Usage{}
	}
	if p.envs[env] == nil {
		p.envs[env] = map[string]stored.Usage{}
	}
	for _, u := range batch {
		last := u.Last
		if last.After(now) {
			last = now // a host whose clock is fast must not keep a flag fresh for ever
		}
		p.envs[env][u.Flag] = p.envs[env][u.Flag].Add(stored.Usage{Last: stored.Micros(last), Count: u.Count})
	}
}

func (p *usagePool) take() map[string]map[string]stored.Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.envs
	p.envs = nil
	return taken
}

// giveBack puts entries that could not be written back into the pool.
func (p *usagePool) giveBack(env string, entries map[string]stored.Usage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.envs == nil {
		p.envs = map[string]map[string]stored.Usage{}
	}
	for flag, u := range p.envs[env] {
		entries[flag] = entries[flag].Add(u)
	}
	p.envs[env] = entries
}

func (p *usagePool) of(env, flag string) stored.Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.envs[env][flag]
}

// ReportUsage takes a host's report. It keeps the report in memory and writes it about once a minute, without flags
// that don't exist. An error has the code NotFound (for the environment) or Invalid.
func (s *Service) ReportUsage(ctx context.Context, env string, batch []FlagUsage) error {
	st := s.replica.View().State(env)
	if st == nil {
		return model.NoEnvironment(env)
	}
	if len(batch) > maxReports {
		return model.InvalidAt("", fmt.Sprintf("a batch of %d reports exceeds the limit of %d", len(batch), maxReports), "send several")
	}
	known := make([]FlagUsage, 0, len(batch))
	for i, u := range batch {
		if u.Count < 0 || u.On < 0 {
			return model.InvalidAt(fmt.Sprintf("/%d/count", i), "it is negative", "")
		}
		if st.Flag(u.Flag) != nil {
			known = append(known, u)
		}
	}
	now := s.now()
	s.usage.add(env, known, now)
	s.counts.add(env, known, now)
	return nil
}

// usageOf returns a flag's usage: the stored one, and what was reported to this replica since.
func (s *Service) usageOf(v *replica.View, env, flag string) stored.Usage {
	return v.Usage[env].Of(flag).Add(s.usage.of(env, flag))
}

// writeUsage writes the gathered usage shard by shard, merged with what other replicas have written.
func (s *Service) writeUsage(ctx context.Context) {
	for env, entries := range s.usage.take() {
		var shards [stored.UsageShards]map[string]stored.Usage
		for flag, u := range entries {
			i := stored.UsageShard(flag)
			if shards[i] == nil {
				shards[i] = map[string]stored.Usage{}
			}
			shards[i][flag] = u
		}
		for i, shard := range shards {
			if len(shard) == 0 {
				continue
			}
			if err := s.writeShard(ctx, env, i, shard); err != nil {
				s.log.Warn("usage can't be written yet", "environment", env, "error", err)
				s.usage.giveBack(env, shard)
			}
		}
	}
}

func (s *Service) writeShard(ctx context.Context, env string, shard int, entries map[string]stored.Usage) error {
	st := s.replica.View().State(env)
	if st == nil {
		return nil // the environment was deleted in the meantime
	}
	for ctx.Err() == nil {
		e, err := store.ReadOne(ctx, s.store, stored.UsageKey(env, shard))
		if err != nil {
			return err
		}
		merged := map[string]stored.Usage{}
		if e.Revision != 0 {
			if err := stored.Unmarshal(e.Value, &merged); err != nil {
				s.log.Error("the stored usage can't be read; it starts again from nothing", "environment", env, "error", err)
				merged = map[string]stored.Usage{}
			}
		}
		for flag := range merged {
			if st.Flag(flag) == nil {
				delete(merged, flag)
			}
		}
		for flag, u := range entries {
			merged[flag] = merged[flag].Add(u)
		}
		result, err := s.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: stored.UsageKey(env, shard), Revision: e.Revision}},
			Ops:    []store.Op{{Key: stored.UsageKey(env, shard), Value: stored.Marshal(merged)}},
		})
		if err != nil || result.Committed {
			return err
		}
	}
	return ctx.Err()
}

// usedTokens remembers when tokens were used until that is written.
type usedTokens struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (u *usedTokens) note(id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[string]time.Time{}
	}
	u.last[id] = at
}

func (u *usedTokens) latest(id string, stored time.Time) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at := u.last[id]; at.After(stored) {
		return at.UTC()
	}
	return stored
}

func (u *usedTokens) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.last
	u.last = nil
	return taken
}

// writeUsed writes when tokens were used. A token that was revoked in the meantime leaves nothing behind.
func (s *Service) writeUsed(ctx context.Context) {
	for id, at := range s.used.take() {
		e, err := store.ReadOne(ctx, s.store, stored.TokenPrefix+id)
		if err == nil && e.Revision != 0 {
			_, err = s.store.Commit(ctx, store.Txn{
				Guards: []store.Guard{{Key: e.Key, Revision: e.Revision}},
				Ops:    []store.Op{{Key: stored.UsedPrefix + id, Value: stored.Marshal(stored.Micros(at))}},
			})
		}
		if err != nil {
			s.log.Warn("the last use of a token can't be written yet", "token", id, "error", err)
			s.used.note(id, at)
		}
	}
}

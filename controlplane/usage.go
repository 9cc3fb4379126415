package controlplane

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// FlagUsage is a host's report about one flag.
type FlagUsage struct {
	Flag  string
	Last  time.Time // when it was last evaluated
	Count int64     // how often since the host's last report
}

const (
	// usageShards is how many keys an environment's usage is spread over, so that each fits into a transaction even with engine.MaxFlags
	// flags that have the longest keys.
	usageShards = 16
	// usagePause is the shortest time between two writes of an environment's usage.
	usagePause = time.Minute
	// maxReports bounds a batch. A host with more flags sends several.
	maxReports = engine.MaxFlags
)

// usageEntry is the usage of one flag.
type usageEntry struct {
	Last  int64 `msgpack:"l"` // Unix microseconds
	Count int64 `msgpack:"c"`
}

func (u usageEntry) add(v usageEntry) usageEntry {
	return usageEntry{max(u.Last, v.Last), u.Count + v.Count}
}

// usageTable is an environment's usage in the form that the store has. It is immutable.
type usageTable [usageShards]map[string]usageEntry

func usageShard(flag string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(flag))
	return int(h.Sum32() % usageShards)
}

func (t *usageTable) of(flag string) usageEntry {
	if t == nil {
		return usageEntry{}
	}
	return t[usageShard(flag)][flag]
}

func parseUsageKey(key string) (env string, shard int, err error) {
	env, text, found := strings.Cut(strings.TrimPrefix(key, usagePrefix), "/")
	if _, err := fmt.Sscanf(text, "%02x", &shard); err != nil || !found || shard >= usageShards {
		return "", 0, fmt.Errorf("%w: key %s", errBroken, key)
	}
	return env, shard, nil
}

// putUsage replaces a shard in the view's map.
func (v *view) putUsage(key string, value []byte) error {
	env, shard, err := parseUsageKey(key)
	if err != nil {
		return err
	}
	table := usageTable{}
	if old := v.usage[env]; old != nil {
		table = *old
	}
	table[shard] = nil
	if value != nil {
		if err := unmarshalStored(value, &table[shard]); err != nil {
			return err
		}
	}
	v.usage[env] = &table
	return nil
}

func (v *view) usageEvent(e store.Event) error {
	if e.Deleted {
		return v.putUsage(e.Key, nil)
	}
	return v.putUsage(e.Key, e.Value)
}

// usagePool gathers reports until they are written.
type usagePool struct {
	mu   sync.Mutex
	envs map[string]map[string]usageEntry
}

func (p *usagePool) add(env string, batch []FlagUsage, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.envs == nil {
		p.envs = map[string]map[string]usageEntry{}
	}
	if p.envs[env] == nil {
		p.envs[env] = map[string]usageEntry{}
	}
	for _, u := range batch {
		last := u.Last
		if last.After(now) {
			last = now // a host whose clock is fast must not keep a flag fresh for ever
		}
		p.envs[env][u.Flag] = p.envs[env][u.Flag].add(usageEntry{micros(last), u.Count})
	}
}

func (p *usagePool) take() map[string]map[string]usageEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.envs
	p.envs = nil
	return taken
}

// giveBack puts entries that could not be written back into the pool.
func (p *usagePool) giveBack(env string, entries map[string]usageEntry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.envs == nil {
		p.envs = map[string]map[string]usageEntry{}
	}
	for flag, u := range p.envs[env] {
		entries[flag] = entries[flag].add(u)
	}
	p.envs[env] = entries
}

func (p *usagePool) of(env, flag string) usageEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.envs[env][flag]
}

// ReportUsage takes a host's report. It keeps the report in memory and writes it about once a minute, without flags that don't exist. An
// error has the code NotFound (for the environment) or Invalid.
func (s *Service) ReportUsage(ctx context.Context, env string, batch []FlagUsage) error {
	st := s.view.Load().states[env]
	if st == nil {
		return noEnvironment(env)
	}
	if len(batch) > maxReports {
		return problem("", fmt.Sprintf("a batch of %d reports is larger than %d", len(batch), maxReports), "send several")
	}
	known := make([]FlagUsage, 0, len(batch))
	for i, u := range batch {
		if u.Count < 0 {
			return problem(fmt.Sprintf("/%d/count", i), "it is negative", "")
		}
		if st.flag(u.Flag) != nil {
			known = append(known, u)
		}
	}
	s.usage.add(env, known, s.now())
	return nil
}

// usageOf returns a flag's usage: the stored one, and what was reported to this replica since.
func (s *Service) usageOf(v *view, env, flag string) usageEntry {
	return v.usage[env].of(flag).add(s.usage.of(env, flag))
}

// writeUsage writes the gathered usage shard by shard, merged with what other replicas have written.
func (s *Service) writeUsage(ctx context.Context) {
	for env, entries := range s.usage.take() {
		var shards [usageShards]map[string]usageEntry
		for flag, u := range entries {
			i := usageShard(flag)
			if shards[i] == nil {
				shards[i] = map[string]usageEntry{}
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

func (s *Service) writeShard(ctx context.Context, env string, shard int, entries map[string]usageEntry) error {
	st := s.view.Load().states[env]
	if st == nil {
		return nil // the environment was deleted in the meantime
	}
	for ctx.Err() == nil {
		e, err := store.ReadOne(ctx, s.store, usageKey(env, shard))
		if err != nil {
			return err
		}
		merged := map[string]usageEntry{}
		if e.Revision != 0 {
			if err := unmarshalStored(e.Value, &merged); err != nil {
				s.log.Error("the stored usage can't be read, and is begun anew", "environment", env, "error", err)
				merged = map[string]usageEntry{}
			}
		}
		for flag := range merged {
			if st.flag(flag) == nil {
				delete(merged, flag)
			}
		}
		for flag, u := range entries {
			merged[flag] = merged[flag].add(u)
		}
		result, err := s.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: usageKey(env, shard), Revision: e.Revision}},
			Ops:    []store.Op{{Key: usageKey(env, shard), Value: marshalStored(merged)}},
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
		e, err := store.ReadOne(ctx, s.store, tokenPrefix+id)
		if err == nil && e.Revision != 0 {
			_, err = s.store.Commit(ctx, store.Txn{
				Guards: []store.Guard{{Key: e.Key, Revision: e.Revision}},
				Ops:    []store.Op{{Key: usedPrefix + id, Value: marshalStored(micros(at))}},
			})
		}
		if err != nil {
			s.log.Warn("the last use of a token can't be written yet", "token", id, "error", err)
			s.used.note(id, at)
		}
	}
}

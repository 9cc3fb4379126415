package controlplane

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// HostAge is how long after its last report a host counts as there: hosts report every minute, so one report may
	// be lost.
	HostAge = 150 * time.Second
	// hostPause is the shortest time between two writes of what this replica hears of hosts.
	// Why: RATIONALE.md "How does an operator see which hosts serve a change?"
	hostPause = time.Second
	// hostBeat is how often hosts that say nothing new are written.
	hostBeat = time.Minute
	// maxHosts bounds the hosts of an environment that one replica remembers: a host can invent ids. Those beyond it
	// aren't counted.
	maxHosts = 5000
	// maxHostText bounds what a host says about itself, in characters.
	maxHostText = 64
)

// hostPool is what this replica hears of hosts.
type hostPool struct {
	name string        // of this replica in the store
	soon chan struct{} // there is news to write

	mu    sync.Mutex
	envs  map[string]map[string]stored.Host // by environment and id
	dirty map[hostShard]bool                // what isn't written yet
}

// hostShard is one key in the store.
type hostShard struct {
	env   string
	shard int
}

func newHostPool() *hostPool {
	return &hostPool{
		name: model.RandomName(), soon: make(chan struct{}, 1),
		envs: map[string]map[string]stored.Host{}, dirty: map[hostShard]bool{},
	}
}

// ReportHost notes what a host tells about itself. address is where the report comes from, or "". An error has the code
// NotFound (for the environment) or Invalid.
func (s *Service) ReportHost(env string, h api.HostReport, address string) error {
	if s.replica.View().State(env) == nil {
		return model.NoEnvironment(env)
	}
	for _, text := range []struct{ name, text string }{{"id", h.ID}, {"sdk", h.SDK}, {"version", h.Version}, {"lineage", h.Lineage}, {"via", h.Via}} {
		problem := flagset.ControlProblem(text.text, "")
		if utf8.RuneCountInString(text.text) > maxHostText {
			problem = "it is longer than " + strconv.Itoa(maxHostText) + " characters"
		}
		if problem != "" {
			return model.InvalidAt("/host/"+text.name, problem, "")
		}
	}
	switch {
	case h.ID == "":
		return model.InvalidAt("/host/id", "it is empty", "")
	case h.Revision < 0:
		return model.InvalidAt("/host/revision", "it is negative", "")
	}
	s.hosts.note(env, stored.Host{
		ID: h.ID, SDK: h.SDK, Version: h.Version, Via: h.Via, Address: address, Lineage: h.Lineage, Revision: h.Revision, Gone: h.Gone,
		Seen: stored.Micros(s.now()),
	})
	return nil
}

func (p *hostPool) note(env string, h stored.Host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.envs[env] == nil {
		p.envs[env] = map[string]stored.Host{}
	}
	before, known := p.envs[env][h.ID]
	if !known && len(p.envs[env]) >= maxHosts {
		return
	}
	p.envs[env][h.ID] = h
	p.dirty[hostShard{env, stored.HostShard(h.ID)}] = true
	if !known || before.Revision != h.Revision || before.Lineage != h.Lineage || before.Gone != h.Gone {
		select {
		case p.soon <- struct{}{}:
		default:
		}
	}
}

// writeHosts writes what this replica hears of hosts, soon if there is news, until the context ends.
func (s *Service) writeHosts(ctx context.Context) {
	beat := time.NewTicker(hostBeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hosts.soon:
		case <-beat.C:
		}
		if err := s.hosts.write(ctx, s.store, s.replica.View(), s.now()); err != nil && ctx.Err() == nil {
			s.log.Warn("what hosts tell can't be written yet", "error", err)
		}
		pause := time.NewTimer(hostPause)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// write writes each shard that has changed, and forgets the hosts that are no longer there.
func (p *hostPool) write(ctx context.Context, into store.Store, v *replica.View, now time.Time) error {
	ops, shards := p.take(v, now)
	all := stored.NewBatcher(into, false, nil)
	for _, op := range ops {
		if err := all.Add(ctx, op); err != nil {
			p.giveBack(shards)
			return err
		}
	}
	if err := all.Flush(ctx); err != nil {
		p.giveBack(shards)
		return err
	}
	return nil
}

func (p *hostPool) take(v *replica.View, now time.Time) (ops []store.Op, shards []hostShard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := now.Add(-HostAge).UnixMicro()
	lists := map[hostShard][]stored.Host{}
	for env, hosts := range p.envs {
		if v.State(env) == nil {
			delete(p.envs, env)
			continue
		}
		for id, h := range hosts {
			shard := hostShard{env, stored.HostShard(id)}
			if h.Seen < since {
				delete(hosts, id)
				p.dirty[shard] = true
				continue
			}
			lists[shard] = append(lists[shard], h)
		}
	}
	for shard := range p.dirty {
		if v.State(shard.env) == nil {
			continue
		}
		op := store.Op{Key: stored.HostKey(shard.env, p.name, shard.shard), Delete: true}
		if list := lists[shard]; len(list) > 0 {
			slices.SortFunc(list, func(a, b stored.Host) int { return strings.Compare(a.ID, b.ID) })
			op.Value, op.Delete = stored.Marshal(list), false
		}
		ops, shards = append(ops, op), append(shards, shard)
	}
	p.dirty = map[hostShard]bool{}
	return ops, shards
}

func (p *hostPool) giveBack(shards []hostShard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, shard := range shards {
		p.dirty[shard] = true
	}
}

// hostsIn returns the hosts that are there, by id, as the replica that heard of each last knows them.
func (s *Service) hostsIn(v *replica.View, env string) map[string]stored.Host {
	all := map[string]stored.Host{}
	add := func(h *stored.Host) {
		if before, known := all[h.ID]; !known || before.Seen < h.Seen {
			all[h.ID] = *h
		}
	}
	v.Hosts[env].Each(add)
	s.hosts.mu.Lock()
	for _, h := range s.hosts.envs[env] {
		add(&h)
	}
	s.hosts.mu.Unlock()
	since := s.now().Add(-HostAge).UnixMicro()
	for id, h := range all {
		if h.Gone || h.Seen < since {
			delete(all, id)
		}
	}
	return all
}

// serves reports whether a host serves the newest revision.
func serves(st *model.State, h *stored.Host) bool {
	return h.Revision >= st.Head.Revision && (h.Lineage == "" || h.Lineage == hex.EncodeToString(st.Head.Lineage))
}

// countHosts says how many hosts an environment has.
func (s *Service) countHosts(v *replica.View, st *model.State) (n api.HostCount) {
	for _, h := range s.hostsIn(v, st.Env) {
		n.Total++
		if serves(st, &h) {
			n.Current++
		}
	}
	return n
}

// Hosts lists the hosts of an environment that tell the control plane what they serve, of all replicas. An error has the
// code NotFound.
func (s *Service) Hosts(env string) (api.HostList, error) {
	v := s.replica.View()
	st := v.State(env)
	if st == nil {
		return api.HostList{}, model.NoEnvironment(env)
	}
	list := api.HostList{Revision: st.Head.Revision, Hosts: []api.Host{}}
	for _, h := range s.hostsIn(v, env) {
		current := serves(st, &h)
		if list.Total++; current {
			list.Current++
		}
		list.Hosts = append(list.Hosts, api.Host{
			ID: h.ID, SDK: h.SDK, Version: h.Version, Revision: h.Revision, Current: current, Via: h.Via, LastSeen: stored.FromMicros(h.Seen), Address: h.Address,
		})
	}
	slices.SortFunc(list.Hosts, func(a, b api.Host) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

package controlplane

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// replicaBeat is how often a replica says that it is there.
	replicaBeat = time.Minute
	// replicaAge is how long after that it counts as there, so that one beat may be lost.
	replicaAge = 150 * time.Second
	// farewell is how long a replica that ends tries to say so.
	farewell = time.Second
	// rollCall is how long Replicas waits for the store.
	rollCall = time.Second
	// replicaForgotten is how long a replica that says nothing stays in the store.
	replicaForgotten = time.Hour
)

// attend says that this replica is there, until the context ends.
func (s *Service) attend(ctx context.Context) {
	s.beHere(ctx)
	every(replicaBeat, s.beHere)(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	_, _ = s.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: stored.ReplicaKey(s.config.Replica), Delete: true}}, Urgent: true}) // it is forgotten anyway
}

// beHere writes that this replica is there, and forgets those that are gone.
func (s *Service) beHere(ctx context.Context) {
	now := s.now()
	ops := []store.Op{{Key: stored.ReplicaKey(s.config.Replica), Value: stored.Marshal(stored.Replica{
		Name: s.config.Replica, Version: s.config.Version, Started: stored.Micros(s.started), Seen: stored.Micros(now),
	})}}
	all, err := s.readReplicas(ctx)
	gone := now.Add(-replicaForgotten).UnixMicro()
	for _, r := range all {
		if r.Seen < gone && r.Name != s.config.Replica && len(ops) < s.store.Limits().Ops {
			ops = append(ops, store.Op{Key: stored.ReplicaKey(r.Name), Delete: true})
		}
	}
	if err == nil {
		_, err = s.store.Commit(ctx, store.Txn{Ops: ops})
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("other replicas can't be told that this one is there", "error", err)
	}
}

func (s *Service) readReplicas(ctx context.Context) (all []stored.Replica, err error) {
	_, err = store.ReadAll(ctx, s.store, store.Under(stored.ReplicaPrefix), func(e store.Entry) error {
		var r stored.Replica
		if stored.Unmarshal(e.Value, &r) == nil { // what can't be read is of a newer build
			all = append(all, r)
		}
		return nil
	})
	return all, err
}

// Name returns this replica's name.
func (s *Service) Name() string { return s.config.Replica }

// Replicas lists the replicas that are there. While the store doesn't answer, this one alone is known.
func (s *Service) Replicas(ctx context.Context) []api.Replica {
	now := s.now()
	list := []api.Replica{{Name: s.config.Replica, Version: s.config.Version, Started: s.started, LastSeen: now}}
	ctx, cancel := context.WithTimeout(ctx, rollCall)
	defer cancel()
	if s.replica.Loss() == nil {
		all, _ := s.readReplicas(ctx)
		for _, r := range all {
			if r.Name != s.config.Replica && r.Seen >= now.Add(-replicaAge).UnixMicro() {
				list = append(list, api.Replica{Name: r.Name, Version: r.Version, Started: stored.FromMicros(r.Started), LastSeen: stored.FromMicros(r.Seen)})
			}
		}
	}
	slices.SortFunc(list, func(a, b api.Replica) int { return strings.Compare(a.Name, b.Name) })
	return list
}

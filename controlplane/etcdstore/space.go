package etcdstore

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// etcd refuses every write past its quota, a deletion's audit entry too, until an operator clears the alarm. So
// transactions that aren't urgent are refused before, and what can be reclaimed is reclaimed without a restart.
// Why: RATIONALE.md "Why does a store keep a reserve?"

const (
	// tidyEvery is the time between looks at how full etcd is.
	tidyEvery = 10 * time.Second
	// growth is how much a byte that is written may add to etcd's file, at most: pages are larger than values.
	growth = 8
	// largestPage is how much a revision that is compacted may take until its batch is written: a page of large values is copied.
	largestPage = 256 << 10
	// smallest is how much room an etcd of our own needs to accept what is urgent.
	smallest = 64 << 10
)

// reserve returns how much of a quota only urgent transactions may use. A compaction needs some of it too.
func reserve(quota int64) int64 { return max(quota/20, min(4<<20, quota/6)) }

// space remembers how full etcd was, and how much was written since.
type space struct {
	mu       sync.Mutex
	measured store.Usage
	known    bool
	written  int64
}

// note records a measurement.
func (s *space) note(u store.Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.measured, s.known, s.written = u, true, 0
}

// enough reports whether etcd surely has room for so many bytes beside its reserve.
func (s *space) enough(size int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written += int64(size)
	return s.known && (s.measured.Quota == 0 || s.measured.Used+growth*s.written < s.measured.Quota-reserve(s.measured.Quota))
}

// hasRoom reports whether a transaction that isn't urgent may be written.
func (s *Store) hasRoom(ctx context.Context, size int) bool {
	if s.space.enough(size) {
		return true
	}
	if s.own != nil {
		_, _ = await(s, func() (any, error) { // its size is that of the last time it committed
			s.own.Server.Backend().ForceCommit()
			return nil, nil
		})
	}
	u, err := s.Usage(ctx)
	if err != nil || u.Quota == 0 {
		return true // etcd itself will tell
	}
	return u.Used+2*int64(size) < u.Quota-reserve(u.Quota) // a page that is split takes as much again
}

// keepTidy reclaims what an etcd that gets full no longer needs, and clears its alarm once there is room, until the
// store is closed. It only compacts and defragments an etcd of our own; the operator of a cluster decides when.
func (s *Store) keepTidy(log *slog.Logger) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		case <-s.full:
		}
		_, err := await(s, func() (any, error) { return nil, s.tidy(s.ctx, log) })
		if err != nil && s.ctx.Err() == nil {
			log.Warn("etcd can't be tidied", "error", err)
		}
	}
}

func (s *Store) tidy(ctx context.Context, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	u, err := s.Usage(ctx)
	if err != nil || u.Quota == 0 {
		return err
	}
	if s.own != nil && u.Used > u.Quota/5*4 {
		if err := s.reclaim(ctx, log); err != nil {
			return err
		}
		if u, err = s.Usage(ctx); err != nil {
			return err
		}
	}
	margin := reserve(u.Quota) / 2 // other users of a cluster may know no reserve
	if s.own != nil {
		margin = smallest
	}
	if u.Used >= u.Quota-margin {
		return nil
	}
	alarms, err := s.client.AlarmList(ctx)
	if err != nil || !slices.ContainsFunc(alarms.Alarms, func(a *pb.AlarmMember) bool { return a.Alarm == pb.AlarmType_NOSPACE }) {
		return err
	}
	for _, a := range alarms.Alarms {
		if a.Alarm == pb.AlarmType_NOSPACE {
			if _, err := s.client.AlarmDisarm(ctx, (*clientv3.AlarmMember)(a)); err != nil {
				return err
			}
		}
	}
	log.Info("etcd has room again, and accepts writes", "used", u.Used, "quota", u.Quota)
	return nil
}

// reclaim drops the history of etcd's keys and, if that leaves enough of the file unused, gives it back.
func (s *Store) reclaim(ctx context.Context, log *slog.Logger) error {
	status, err := s.client.Status(ctx, "")
	if err != nil {
		return err
	}
	if status.Header.Revision > s.compacted {
		if _, err := s.client.Compact(ctx, status.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
			return err
		}
		s.compacted = status.Header.Revision
		s.own.Server.Backend().ForceCommit()
		if status, err = s.client.Status(ctx, ""); err != nil {
			return err
		}
	}
	if status.DbSize-status.DbSizeInUse < reserve(status.DbSizeQuota) {
		return nil
	}
	began := time.Now()
	if err := s.own.Server.Defragment(); err != nil {
		return err
	}
	log.Warn("etcd was nearly full, and was compacted and defragmented",
		"before", status.DbSize, "in_use", status.DbSizeInUse, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// endpoints returns the members' addresses. In process there is one, without an address.
func (s *Store) endpoints() []string {
	if all := s.client.Endpoints(); len(all) > 0 {
		return all
	}
	return []string{""}
}

// Usage returns how full the fullest member is, of those that answer.
func (s *Store) Usage(ctx context.Context) (store.Usage, error) {
	caller := ctx
	ctx, cancel := s.bind(ctx)
	defer cancel()
	var usage store.Usage
	var failed error
	for _, endpoint := range s.endpoints() {
		one, cancel := context.WithTimeout(ctx, readTime)
		status, err := await(s, func() (*clientv3.StatusResponse, error) { return s.client.Status(one, endpoint) })
		cancel()
		if err != nil {
			failed = err
			usage.Members = append(usage.Members, store.Member{Address: endpoint, Problem: err.Error()})
			continue
		}
		usage.Used = max(usage.Used, status.DbSize)
		usage.Quota = status.DbSizeQuota
		usage.Members = append(usage.Members, store.Member{
			Address: endpoint, Version: status.Version, Leader: status.Leader == status.Header.MemberId, Used: status.DbSize,
			Problem: strings.Join(status.Errors, "; "),
		})
	}
	if usage.Used > 0 { // some member answers
		s.space.note(usage)
		return usage, nil
	}
	return usage, s.fault(caller, failed)
}

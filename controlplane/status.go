package controlplane

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Status is what an operator wants to know about a replica.
type Status struct {
	Synced        bool          // it follows the store's changes
	Lag           time.Duration // for how long the store has said nothing; 0 while it follows
	StoreRevision int64         // the store's revision up to which it has followed
	Store         store.Usage   // as measured in the last minute or so
	Environments  []EnvironmentStatus
	WebhookLeader bool          // this replica delivers webhooks
	Degraded      []Degradation // what doesn't work, although requests are served

	failed bool // the store won't come back by itself
}

// Degradation is something that doesn't work, although requests are served.
type Degradation struct {
	Kind   string // one of Degradations
	Detail string // a sentence for people
}

// These are the kinds of a Degradation.
const (
	DegradedStore   = "store"   // the replica doesn't follow the store
	DegradedSpace   = "space"   // the store is nearly full
	DegradedRecords = "records" // this build can't read some flags or segments
)

// Degradations are all kinds of a Degradation.
var Degradations = []string{DegradedStore, DegradedSpace, DegradedRecords}

// EnvironmentStatus is what an operator wants to know about an environment on a replica.
type EnvironmentStatus struct {
	Key             string
	Lineage         string
	Revision        int64
	Flags, Segments int
	Unreadable      []string      // records that this build can't read, such as flag/new_checkout, ascending
	SnapshotBytes   int           // 0 if nobody has asked for the newest snapshot yet
	SnapshotAge     time.Duration // since the newest change was applied
	Streams         int           // how many watchers it has
	Hosts           api.HostCount // of all replicas
}

// Status returns this replica's status. It only reads memory.
func (s *Service) Status() Status {
	v := s.replica.View()
	status := Status{Synced: true, StoreRevision: v.At, WebhookLeader: s.webhooks.Leads()}
	if loss := s.replica.Loss(); loss != nil {
		status.Synced, status.Lag, status.failed = false, time.Since(loss.Since), loss.Final
	}
	if usage := s.space.usage.Load(); usage != nil {
		status.Store = *usage
	}
	for env, p := range v.Snapshots {
		st := p.State()
		e := EnvironmentStatus{
			Key: env, Lineage: hex.EncodeToString(st.Head.Lineage), Revision: st.Head.Revision,
			Flags: len(st.Flags), Segments: len(st.Segments), Unreadable: slices.Sorted(maps.Keys(st.Unreadable)),
			SnapshotBytes: p.Size(), SnapshotAge: time.Since(st.Applied), Streams: s.replica.Feeds().Watchers(env), Hosts: s.countHosts(v, st),
		}
		status.Environments = append(status.Environments, e)
	}
	slices.SortFunc(status.Environments, func(a, b EnvironmentStatus) int { return strings.Compare(a.Key, b.Key) })
	status.Degraded = status.degradations()
	return status
}

func (s *Status) degradations() []Degradation {
	var list []Degradation
	if s.failed {
		list = append(list, Degradation{DegradedStore, "the store has failed, and the log says why: flags are served from memory, and changes are refused until you start this server again"})
	} else if !s.Synced {
		list = append(list, Degradation{DegradedStore, fmt.Sprintf(
			"the store has not answered for %v: flags are served from memory, and changes are refused", s.Lag.Round(time.Second))})
	}
	if nearlyFull(s.Store) {
		list = append(list, Degradation{DegradedSpace, fmt.Sprintf(
			"the store is %d%% full (%d of %d bytes): %s", s.Store.Used*100/s.Store.Quota, s.Store.Used, s.Store.Quota, moreRoom)})
	}
	for _, e := range s.Environments {
		if n := len(e.Unreadable); n > 0 {
			list = append(list, Degradation{DegradedRecords, fmt.Sprintf(
				"environment %s: this build can't read %d records; the log names them", e.Key, n)})
		}
	}
	return list
}

// Ready returns nil if this replica can serve, or an error with the code Unavailable. A replica that is open can: what
// doesn't work nevertheless is in its Status.
// Why: RATIONALE.md "Why is a replica ready while its store is gone?"
func (s *Service) Ready() error {
	if s.ctx.Err() != nil {
		return model.Closed()
	}
	return nil
}

package controlplane

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// spacePause is the time between two looks at how full the store is, so that an operator learns of it within fifteen
// seconds.
const spacePause = 10 * time.Second

// space is how full the store was when it last said so.
type space struct {
	usage  atomic.Pointer[store.Usage] // nil: it has not said so yet
	silent atomic.Bool                 // it didn't say so when it was last asked
}

// measure asks the store how full it is. A store that is nearly full is swept.
func (s *Service) measure(ctx context.Context) {
	now, err := s.store.Usage(ctx)
	if silent := err != nil; s.space.silent.Swap(silent) != silent && silent {
		s.log.Warn("the store doesn't report how full it is", "error", err)
	}
	if err != nil {
		return
	}
	before := s.space.usage.Swap(&now)
	was := before != nil && nearlyFull(*before)
	switch full := nearlyFull(now); {
	case full && !was:
		s.log.Error("the store is nearly full: "+moreRoom, "used", now.Used, "quota", now.Quota)
	case was && !full:
		s.log.Info("the store has room again", "used", now.Used, "quota", now.Quota)
	}
	if nearlyFull(now) {
		s.replica.SweepSoon()
	}
}

// moreRoom says what to do about a full store.
const moreRoom = "shorten the audit's retention, delete environments that are no longer needed, or raise the store's quota"

// nearlyFull reports whether a store is past 80% of its quota.
func nearlyFull(u store.Usage) bool { return u.Quota > 0 && u.Used > u.Quota/5*4 }

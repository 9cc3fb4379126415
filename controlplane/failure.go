package controlplane

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// FailedWrite describes a change that was refused. Failed writes are kept separate from the audit and don't change a revision.
type FailedWrite struct {
	Environment string    `msgpack:"-"`
	Time        time.Time `msgpack:"-"`
	By          string    `msgpack:"by"`
	Reason      string    `msgpack:"reason,omitempty"`
	Action      string    `msgpack:"action"`
	Key         string    `msgpack:"key,omitempty"`
	Code        Code      `msgpack:"code"`
	Detail      string    `msgpack:"detail"`
	Suppressed  int       `msgpack:"suppressed,omitempty"` // how many refusals before it were not recorded, because there were too many
}

const (
	// For each environment, twenty refusals are recorded at once and then one per second. That is enough to see what somebody does wrong,
	// and too few to fill a store.
	failureBurst = 20
	failureRate  = rate.Limit(1)
	// maxFailures is how many are kept for each environment. The sweep deletes older ones.
	maxFailures   = 1_000
	failureDetail = 2_000 // bytes
)

// failureLimits limits how many refusals are recorded for each environment.
type failureLimits struct {
	mu  sync.Mutex
	all map[string]*failureLimit
}

type failureLimit struct {
	limit      *rate.Limiter
	suppressed int
}

// allow reports whether to record one more, and returns how many before it were not recorded.
func (l *failureLimits) allow(env string, now time.Time) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*failureLimit{}
	}
	f := l.all[env]
	if f == nil {
		f = &failureLimit{limit: rate.NewLimiter(failureRate, failureBurst)}
		l.all[env] = f
	}
	if !f.limit.AllowN(now, 1) {
		f.suppressed++
		return 0, false
	}
	suppressed, f.suppressed = f.suppressed, 0
	return suppressed, true
}

// recordRefusal records why a change was refused, if that was the caller's fault.
func (s *Service) recordRefusal(ctx context.Context, env, action, key string, o WriteOptions, err error) {
	code := CodeOf(err)
	if o.quiet || code == Unavailable || code == Internal || code == Conflict {
		return
	}
	s.RecordFailure(ctx, FailedWrite{Environment: env, By: o.By, Reason: o.Reason, Action: action, Key: key, Code: code, Detail: err.Error()})
}

// RecordFailure records a change that was refused before it reached a verb, such as one without a token. It limits how many it records. It
// never fails: if it can't record, it logs.
func (s *Service) RecordFailure(ctx context.Context, f FailedWrite) {
	if s.view.Load().states[f.Environment] == nil {
		f.Environment = system // otherwise anybody could invent environments
	}
	now := s.now()
	suppressed, ok := s.failures.allow(f.Environment, now)
	if !ok {
		return
	}
	f.Suppressed = suppressed
	f.By, f.Reason, f.Key, f.Action = clip(f.By, maxBy), clip(f.Reason, failureDetail), clip(f.Key, maxBy), clip(f.Action, maxBy)
	f.Detail = clip(f.Detail, failureDetail)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyDeadline)
	defer cancel()
	_, err := s.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: failureKey(f.Environment, now, randomName()), Value: marshalStored(f)}}})
	if err != nil {
		s.log.Warn("a refused change can't be recorded", "environment", f.Environment, "action", f.Action, "by", f.By, "error", err)
	}
}

func clip(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// Failures lists refused changes, newest first. It uses the query's Environment, Environments, By, Action, Since, Until and Limit.
func (s *Service) Failures(ctx context.Context, q AuditQuery) ([]FailedWrite, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, maxFailures)
	prefix := failurePrefix
	if q.Environment != "" {
		prefix += q.Environment + "/"
	}
	var list []FailedWrite
	_, err := store.ReadAll(ctx, s.store, store.Under(prefix), func(e store.Entry) error {
		env, _, _ := strings.Cut(strings.TrimPrefix(e.Key, failurePrefix), "/")
		if q.Environments != nil && !slices.Contains(q.Environments, env) {
			return nil
		}
		var f FailedWrite
		if err := unmarshalStored(e.Value, &f); err != nil {
			return err
		}
		stamp, _, _ := strings.Cut(tail(e.Key), "-")
		us, err := revisionOf(stamp)
		if err != nil {
			return err
		}
		f.Environment, f.Time = env, fromMicros(us)
		switch {
		case q.By != "" && f.By != q.By,
			q.Action != "" && f.Action != q.Action && !strings.HasPrefix(f.Action, q.Action+"."),
			!q.Since.IsZero() && f.Time.Before(q.Since), !q.Until.IsZero() && !f.Time.Before(q.Until):
			return nil
		}
		list = append(list, f)
		return nil
	})
	if err != nil {
		return nil, unavailable("the refused changes can't be read", err)
	}
	slices.SortStableFunc(list, func(a, b FailedWrite) int { return b.Time.Compare(a.Time) })
	return list[:min(limit, len(list))], nil
}

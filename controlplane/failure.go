package controlplane

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// For each environment, twenty refusals are recorded at once and then one per second. That is enough to see what
	// somebody does wrong, and too few to fill a store.
	failureBurst = 20
	failureRate  = rate.Limit(1)
	// What nobody with a token has sent is anybody's: it has a budget of its own, for all environments together, of which
	// a week's fits among the refusals that are kept.
	anonymous     = "/anonymous" // no environment has this key
	anonymousRate = rate.Limit(1. / 600)
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
		if env == anonymous {
			f.limit.SetLimit(anonymousRate)
		}
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
func (s *Service) recordRefusal(ctx context.Context, c change, err error) {
	code := CodeOf(err)
	if c.options.quiet || code == api.Unavailable || code == api.Internal || code == api.Conflict {
		return
	}
	s.RecordFailure(ctx, api.FailedWrite{
		Environment: c.env, By: c.options.By, OnBehalfOf: c.options.OnBehalfOf, Token: c.options.Token, Reason: c.options.Reason, Action: c.action, Key: c.key, Code: code, Detail: err.Error(),
	})
}

// RecordFailure records a change that was refused before it reached a verb, such as one without a token. It limits how
// many it records. It never fails: if it can't record, it logs.
func (s *Service) RecordFailure(ctx context.Context, f api.FailedWrite) {
	if s.replica.Snapshot(f.Environment) == nil { // otherwise anybody could invent environments
		if f.Key == "" {
			f.Key = f.Environment
		}
		f.Environment = stored.System
	}
	now := s.now()
	budget := f.Environment
	if f.By == "" {
		budget = anonymous
	}
	suppressed, ok := s.failures.allow(budget, now)
	if !ok {
		return
	}
	saved := stored.Failure{
		By: oneLine(f.By, maxBy), OnBehalfOf: oneLine(f.OnBehalfOf, maxBy), Token: oneLine(f.Token, maxBy), Reason: oneLine(f.Reason, stored.MaxDetail), Action: oneLine(f.Action, maxBy),
		Key: oneLine(f.Key, maxBy), Code: f.Code, Detail: oneLine(f.Detail, stored.MaxDetail), Suppressed: suppressed,
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replica.ApplyDeadline)
	defer cancel()
	key := stored.FailureKey(f.Environment, now, model.RandomName())
	_, err := s.store.Commit(ctx, store.Txn{Ops: []store.Op{{Key: key, Value: stored.Marshal(saved)}}})
	if err != nil {
		s.log.Warn("a refused change can't be recorded", "environment", f.Environment, "action", f.Action, "by", f.By, "error", err)
	}
}

// oneLine returns a text that somebody sent who may have had no right to, cut, and without characters that move a
// terminal's cursor or begin a line.
func oneLine(text string, most int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' ' // between problems
		case flagset.ControlProblem(string(r), "") != "":
			return unicode.ReplacementChar
		}
		return r
	}, stored.Clip(text, most))
}

// Failures lists refused changes, newest first. It uses the query's Environment, Environments, By, Action, Since, Until
// and Limit.
func (s *Service) Failures(ctx context.Context, q AuditQuery) ([]api.FailedWrite, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, stored.MaxFailures)
	prefix := stored.FailurePrefix
	if q.Environment != "" {
		prefix += q.Environment + "/"
	}
	list := []api.FailedWrite{}
	_, err := store.ReadAll(ctx, s.store, store.Under(prefix), func(e store.Entry) error {
		env, _, _ := strings.Cut(strings.TrimPrefix(e.Key, stored.FailurePrefix), "/")
		if q.Environments != nil && !slices.Contains(q.Environments, env) {
			return nil
		}
		var saved stored.Failure
		if err := stored.Unmarshal(e.Value, &saved); err != nil {
			return err
		}
		stamp, _, _ := strings.Cut(stored.Tail(e.Key), "-")
		us, err := stored.RevisionOf(stamp)
		if err != nil {
			return err
		}
		f := saved.Document(env, stored.FromMicros(us))
		switch {
		case q.By != "" && f.By != q.By, q.OnBehalfOf != "" && f.OnBehalfOf != q.OnBehalfOf,
			q.Action != "" && f.Action != q.Action && !strings.HasPrefix(f.Action, q.Action+"."),
			!q.Since.IsZero() && f.Time.Before(q.Since), !q.Until.IsZero() && !f.Time.Before(q.Until):
			return nil
		}
		list = append(list, f)
		return nil
	})
	if err != nil {
		return nil, model.Unavailable("the refused changes can't be read", err)
	}
	slices.SortStableFunc(list, func(a, b api.FailedWrite) int { return b.Time.Compare(a.Time) })
	return list[:min(limit, len(list))], nil
}

package replica

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// dayAfter is how long after its end a day is summed up: replicas write the counts of an hour up to a minute after it,
// or later if the store didn't answer.
const dayAfter = time.Hour

// counts sums up the days that have ended, and deletes hours and days that are no longer kept. Each day has one key for
// each shard, which is only written if it isn't there: so it doesn't matter which replicas sweep, and when.
func (w *sweeper) counts(ctx context.Context) error {
	if w.head.Deleted {
		return nil
	}
	now := w.rep.now()
	ended := stored.Day.At(now.Add(-dayAfter)) // the first day that isn't summed up yet
	for shard := range stored.UsageShards {
		if err := w.sumDays(ctx, shard, ended); err != nil {
			return err
		}
		for _, span := range []stored.Span{stored.Hour, stored.Day} {
			oldest := span.At(now) - int64(span.Kept) + 1
			if err := w.delete(ctx, store.Range{From: span.Key(w.env, shard, 0), To: span.Key(w.env, shard, oldest)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// sumDays writes the sums of the days before one.
func (w *sweeper) sumDays(ctx context.Context, shard int, before int64) error {
	r := store.Range{From: stored.Hour.Key(w.env, shard, 0), To: stored.Hour.Key(w.env, shard, stored.Hour.At(stored.Day.Start(before))), KeysOnly: true}
	days := map[int64]bool{}
	if _, err := store.ReadAll(ctx, w.rep.store, r, func(e store.Entry) error {
		if _, hour, err := stored.Hour.Parse(e.Key); err == nil {
			days[stored.Day.At(stored.Hour.Start(hour))] = true
		}
		return nil
	}); err != nil {
		return err
	}
	for day := range days {
		key := stored.Day.Key(w.env, shard, day)
		if e, err := store.ReadOne(ctx, w.rep.store, key); err != nil || e.Revision != 0 {
			if err != nil {
				return err
			}
			continue
		}
		sum := stored.Counts{}
		first := stored.Hour.At(stored.Day.Start(day))
		r := store.Range{From: stored.Hour.Key(w.env, shard, first), To: stored.Hour.Key(w.env, shard, first+24)}
		if _, err := store.ReadAll(ctx, w.rep.store, r, func(e store.Entry) error {
			var counts stored.Counts
			if err := stored.Unmarshal(e.Value, &counts); err != nil {
				w.rep.log.Error("counts of evaluations can't be read, and are left out of their day", "key", e.Key, "error", err)
			}
			for flag, n := range counts {
				sum.AddTo(flag, n)
			}
			return nil
		}); err != nil {
			return err
		}
		if _, err := w.rep.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: key}, {Key: stored.HeadKey(w.env), Revision: w.headAt}},
			Ops:    []store.Op{{Key: key, Value: stored.Marshal(sum)}},
		}); err != nil {
			return err
		}
	}
	return nil
}

package etcdstore

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

const (
	// beat is how often a watch asks etcd whether it is still there.
	beat = store.WatchBeat / 2
	// probeTime is how long etcd has to answer that. It is longer than a read waits for one member.
	probeTime = readTime + time.Second
	// silence is how long the watched member may say nothing, though the cluster answers.
	silence = 2 * store.WatchBeat
)

var (
	errEnded  = errors.New("the watch ended")
	errSilent = errors.New("the watched member of etcd is silent")
)

// Watch yields every transaction after a revision, and waits for new ones.
func (s *Store) Watch(ctx context.Context, after int64) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		watching, cancel := s.bind(ctx)
		// A member without a leader may stay silent: it is better that the watch ends with an error.
		watching = clientv3.WithRequireLeader(watching)
		w := &watch{store: s, ctx: watching, after: after, probed: make(chan error, 1), heard: time.Now()}
		defer w.probes.Wait()
		defer cancel()
		if err := w.run(yield); err != nil && ctx.Err() == nil {
			yield(store.Batch{}, s.fault(ctx, err))
		}
	}
}

// watch is one watch under way.
type watch struct {
	store   *Store
	ctx     context.Context
	after   int64
	heard   time.Time  // when the watched member last said anything
	probed  chan error // the result of the probe under way
	probing bool
	probes  sync.WaitGroup
}

// run yields batches until the reader has enough (then it returns nil), or until the watch can't go on.
func (w *watch) run(yield func(store.Batch, error) bool) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	// A member reports progress only to a watch that begins at a revision it has, so this one begins with what is known.
	events := w.store.client.Watch(w.ctx, w.store.prefix, clientv3.WithPrefix(), clientv3.WithRev(max(w.after, 1)),
		clientv3.WithCreatedNotify(), clientv3.WithProgressNotify())
	for {
		select {
		case answer, open := <-events:
			if !open {
				return errEnded
			}
			w.heard = time.Now()
			if more, err := w.take(answer, yield); !more || err != nil {
				return err
			}
		case <-tick.C:
			if time.Since(w.heard) > silence {
				return errSilent
			}
			w.probe()
		case err := <-w.probed:
			w.probing = false
			if err != nil {
				return err
			}
		}
	}
}

// take yields what an answer says. It returns false if the reader has enough.
func (w *watch) take(answer clientv3.WatchResponse, yield func(store.Batch, error) bool) (more bool, err error) {
	if err := answer.Err(); err != nil {
		return false, err
	}
	if answer.Created {
		// A linearizable read tells whether there is a quorum. If this member is at an earlier revision, the read also
		// tells whether it lags behind and will catch up, or the cluster was restored from an earlier moment.
		newest, err := w.store.newest(w.ctx)
		if err == nil && newest < w.after {
			err = store.ErrCompacted
		}
		if err != nil {
			return false, err
		}
		if !yield(store.Batch{Revision: w.after}, nil) {
			return false, nil
		}
	}
	if answer.IsProgressNotify() && answer.Header.Revision >= w.after && !yield(store.Batch{Revision: answer.Header.Revision}, nil) {
		return false, nil
	}
	for _, batch := range w.store.batches(answer.Events) {
		if batch.Revision <= w.after {
			continue
		}
		if w.ctx.Err() != nil || !yield(batch, nil) {
			return false, nil
		}
	}
	return true, nil
}

// probe asks the cluster whether it can still be read, and the watched member how far it is. The member answers with a
// batch without events.
func (w *watch) probe() {
	if w.probing {
		return
	}
	w.probing = true
	w.probes.Go(func() {
		_, err := w.store.newest(w.ctx)
		if err == nil {
			err = w.store.client.RequestProgress(w.ctx)
		}
		w.probed <- err
	})
}

// newest returns the newest revision, which a quorum confirms.
func (s *Store) newest(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	page, err := s.Read(ctx, store.Range{From: "newest", KeysOnly: true})
	return page.Revision, err
}

package gonfalon

import (
	"context"
	"errors"
	"iter"
	"time"
)

// InProcess returns the source of a program that embeds the control plane. Pass it the Watch method of a
// controlplane.Service, and flags come without HTTP. A write through the service returns when the client serves it.
//
//	flags, err := gonfalon.New(ctx, gonfalon.Config{Source: gonfalon.InProcess(service.Watch)})
//
// watch yields the frames of an environment after a position. The zero position stands for the beginning. The first
// frame answers the position: as a whole snapshot it takes the place of what serves, even with a lower revision.
func InProcess[F interface{ Data() []byte }](watch func(ctx context.Context, env string, after Position) iter.Seq2[F, error]) Source {
	return inProcess[F]{watch}
}

type inProcess[F interface{ Data() []byte }] struct {
	watch func(ctx context.Context, env string, after Position) iter.Seq2[F, error]
}

// alive is how often an open watch counts as a sign of life.
const alive = time.Second

func (s inProcess[F]) Run(ctx context.Context, feed *Feed) error {
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	defer func() { cancel(); <-stopped }()
	go func() {
		defer close(stopped)
		s.confirm(ctx, feed)
	}()
	var after Position
	if info, ok := feed.Serving(); ok {
		after = info.Position
	}
	err := s.follow(ctx, feed, after)
	if unreadable(err) {
		err = s.follow(ctx, feed, Position{}) // a whole snapshot mends what a delta can't
	}
	return err
}

// follow reads one watch to its end.
func (s inProcess[F]) follow(ctx context.Context, feed *Feed, after Position) error {
	first := true
	for frame, err := range s.watch(ctx, feed.Environment(), after) {
		if err != nil {
			return err
		}
		if err := feed.take(frame.Data(), first); err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
		first = false
	}
	return errEnded
}

// confirm says while a watch is open that the source stands behind what serves. A watch that resumes at the newest
// position yields nothing until something changes.
func (s inProcess[F]) confirm(ctx context.Context, feed *Feed) {
	wait := time.NewTimer(settle)
	defer wait.Stop()
	for {
		select {
		case <-wait.C:
			feed.client.status.confirm(feed.client)
			wait.Reset(alive)
		case <-ctx.Done():
			return
		}
	}
}

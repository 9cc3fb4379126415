package gonfalon

import (
	"context"
	"errors"
	"iter"
	"time"
)

// InProcess is the source of a program that has the control plane in itself: give it the Watch method of a controlplane.Service,
// and flags come without HTTP.
//
//	flags, err := gonfalon.New(ctx, gonfalon.Config{Source: gonfalon.InProcess(service.Watch)})
//
// watch brings the frames of an environment after a position, of which the zero value stands for the beginning.
func InProcess[F interface{ Data() []byte }, P any](watch func(ctx context.Context, env string, after P) iter.Seq2[F, error]) Source {
	return inProcess[F, P]{watch}
}

type inProcess[F interface{ Data() []byte }, P any] struct {
	watch func(ctx context.Context, env string, after P) iter.Seq2[F, error]
}

// alive is how often an open watch counts as a sign of life.
const alive = time.Second

func (s inProcess[F, P]) Run(ctx context.Context, feed *Feed) error {
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	defer func() { cancel(); <-stopped }()
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(alive)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				feed.client.status.confirm(feed.client)
			case <-ctx.Done():
				return
			}
		}
	}()
	var beginning P
	for frame, err := range s.watch(ctx, feed.Env(), beginning) {
		if err != nil {
			return err
		}
		if err := feed.Take(frame.Data()); err != nil && !errors.Is(err, ErrRefused) {
			return err // the next watch begins with a whole snapshot
		}
	}
	return errEnded
}

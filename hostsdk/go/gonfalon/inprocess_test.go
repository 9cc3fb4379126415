package gonfalon

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"
)

type frame []byte

func (f frame) Data() []byte { return f }

type place struct{ At int }

func TestInProcess(t *testing.T) {
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagHero)
	change := delta(t, one, two)
	synctest.Test(t, func(t *testing.T) {
		frames, watches := make(chan frame), 0
		watch := func(ctx context.Context, env string, after place) iter.Seq2[frame, error] {
			watches++
			return func(yield func(frame, error) bool) {
				if env != DefaultEnv || after != (place{}) {
					t.Errorf("%q after %v", env, after)
				}
				for {
					select {
					case f := <-frames:
						if f == nil {
							yield(nil, errors.New("closed"))
							return
						}
						if !yield(f, nil) {
							return
						}
					case <-ctx.Done():
						return
					}
				}
			}
		}
		c, err := New(t.Context(), Config{Source: InProcess(watch), Logger: quiet, ReadyWithin: -1, TTL: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		frames <- one
		frames <- change
		synctest.Wait()
		if c.Variant("hero", For("user:1")) != "blue" {
			t.Errorf("%+v", c.Stats())
		}
		time.Sleep(time.Minute)
		if c.State() != Ready {
			t.Errorf("a quiet environment makes it %s", c.State())
		}
		frames <- change // again: it is for another snapshot now, so a whole one is wanted
		frames <- two
		frames <- nil
		frames <- two
		synctest.Wait()
		if watches != 3 || c.State() != Ready {
			t.Errorf("%d watches, %s", watches, c.State())
		}
		c.Close()
	})
}

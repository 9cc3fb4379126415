package gonfalon

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

type frame []byte

func (f frame) Data() []byte { return f }

func TestInProcess(t *testing.T) {
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagHero)
	change := delta(t, one, two)
	synctest.Test(t, func(t *testing.T) {
		frames, from := make(chan frame), []int64(nil)
		watch := func(ctx context.Context, env string, after Position) iter.Seq2[frame, error] {
			return func(yield func(frame, error) bool) {
				if env != DefaultEnvironment {
					t.Errorf("it watches %q", env)
				}
				from = append(from, after.Revision)
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
		if !slices.Equal(from, []int64{0, 0, 2}) || c.State() != Ready {
			t.Errorf("watches began at %v, %s", from, c.State())
		}
		c.Close()
	})
}

package gonfalon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestUsageIsReported(t *testing.T) {
	one, two := compiled(t, 1, flagOn, flagOff), compiled(t, 2, flagOn, flagHero)
	synctest.Test(t, func(t *testing.T) {
		var (
			batches [][]FlagUsage
			down    bool
		)
		config := Config{ReportUsage: func(_ context.Context, env string, batch []FlagUsage) error {
			if env != DefaultEnvironment {
				t.Errorf("env %q", env)
			}
			if down {
				return errors.New("down")
			}
			batches = append(batches, batch)
			return nil
		}}
		c, s, _ := scripted(t, config)
		s.say(take(one))
		for range 3 {
			c.Enabled("on", For("user:1"))
		}
		c.Enabled("off")
		c.Enabled("nobody")
		s.say(take(two))
		c.Enabled("on")
		c.DecideAll(For("user:1"))
		c.Explain("on")
		time.Sleep(80 * time.Second)
		synctest.Wait()
		if len(batches) != 1 || len(batches[0]) != 3 {
			t.Fatalf("%+v", batches)
		}
		counts := map[string]int64{}
		for _, b := range batches[0] {
			counts[b.Flag] = b.Count
			if on := map[string]int64{"on": 5, "hero": 1}[b.Flag]; b.On != on {
				t.Errorf("%s was on %d times, of %d", b.Flag, b.On, b.Count)
			}
			if b.Last.IsZero() || b.Last.After(time.Now()) {
				t.Errorf("%s was last evaluated %s", b.Flag, b.Last)
			}
		}
		if counts["on"] != 5 || counts["off"] != 1 || counts["hero"] != 1 {
			t.Errorf("%v", counts)
		}

		down = true
		c.Enabled("on")
		time.Sleep(80 * time.Second)
		synctest.Wait()
		down = false
		c.Enabled("on")
		c.Close() // the last report
		if last := batches[len(batches)-1]; len(batches) != 2 || len(last) != 1 || last[0].Count != 2 || last[0].On != 2 {
			t.Errorf("%+v", batches)
		}
	})
}

func TestUsageOverHTTP(t *testing.T) {
	p := newPlane(t)
	c, _ := p.client(t, compiled(t, 1, flagOn), func(c *Config) { c.Usage = 100 * time.Millisecond })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				c.Enabled("on", For("user:1"))
			}
		})
	}
	all.Wait()
	on, late := int64(0), time.After(patience)
	for on < 4000 {
		select {
		case got := <-p.usage:
			on += got["on"]
		case <-late:
			t.Fatalf("only %d were reported", on)
		}
	}
	if on > 4100 { // some more were asked to see the snapshot come
		t.Errorf("%d were reported", on)
	}
}

func TestUsageIsBounded(t *testing.T) {
	flags := make([]string, 2500)
	for i := range flags {
		flags[i] = fmt.Sprintf(`{"key": "flag%d", "gates": []}`, i)
	}
	data := compiled(t, 1, flags...)
	synctest.Test(t, func(t *testing.T) {
		sizes := []int{}
		c, s, _ := scripted(t, Config{ReportUsage: func(_ context.Context, _ string, batch []FlagUsage) error {
			sizes = append(sizes, len(batch))
			return nil
		}})
		s.say(take(data))
		c.DecideAll()
		c.Close()
		if len(sizes) != 3 || sizes[0] != maxBatch || sizes[2] != 500 {
			t.Errorf("%v", sizes)
		}
	})
}

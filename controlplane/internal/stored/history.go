package stored

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Counts says how often flags were evaluated in an hour or a day, by flag.
type Counts map[string]Count

// Count is how often a flag was on and off, and how often a host didn't say. It is a list, so that members can be added.
type Count [3]int64

// These are the members of a Count.
const (
	CountOn = iota
	CountOff
	CountRest
)

// Add returns the sum of two counts.
func (c Count) Add(d Count) Count {
	for i := range c {
		c[i] = min(c[i], maxCount) + min(d[i], maxCount-min(c[i], maxCount))
	}
	return c
}

// Sum returns how often a flag was evaluated.
func (c Count) Sum() int64 { return c[CountOn] + c[CountOff] + c[CountRest] }

// MaxCounted is how many flags of a shard have counts in one hour or day, so that a store's limits and the sizes below
// hold for environments of any size: 32,000 flags of an environment. Those beyond it have none.
const MaxCounted = 2000

// AddTo adds a flag's count, unless the flag is new and there are too many.
func (c Counts) AddTo(flag string, n Count) {
	before, known := c[flag]
	if known || len(c) < MaxCounted {
		c[flag] = before.Add(n)
	}
}

// Span is the time that a Counts is about.
type Span struct {
	Prefix string // of its keys
	Length time.Duration
	Kept   int // how many are kept, the one under way included
}

// Hour and Day are the spans. The sum of a day is made of its hours after it has ended, so hours are kept for a day more
// than they are shown.
var (
	Hour = Span{HourPrefix, time.Hour, 72}
	Day  = Span{DayPrefix, 24 * time.Hour, 90}
)

// At returns the number of the span that a time is in.
func (s Span) At(t time.Time) int64 { return t.Unix() / int64(s.Length/time.Second) }

// Start returns when a span begins.
func (s Span) Start(n int64) time.Time { return time.Unix(n*int64(s.Length/time.Second), 0).UTC() }

// Key returns the key of the counts of a shard's flags in a span.
func (s Span) Key(env string, shard int, n int64) string {
	return fmt.Sprintf("%s%s/%02x/%08x", s.Prefix, env, shard, n)
}

// Parse reads what Key returns.
func (s Span) Parse(key string) (shard int, n int64, err error) {
	parts := strings.Split(strings.TrimPrefix(key, s.Prefix), "/")
	if len(parts) == 3 {
		var at uint64
		at, err = strconv.ParseUint(parts[2], 16, 40)
		if _, failed := fmt.Sscanf(parts[1], "%02x", &shard); failed == nil && err == nil && shard < UsageShards {
			return shard, int64(at), nil
		}
	}
	return 0, 0, fmt.Errorf("%w: key %s", ErrBroken, key)
}

package httpapi

import (
	"testing"
	"time"
)

// TestManyHostsComeBackOverALongerTime, but never after more than the longest wait.
func TestManyHostsComeBackOverALongerTime(t *testing.T) {
	for _, c := range []struct {
		hosts  int
		chance float64
		want   time.Duration
	}{
		{1, 0, leastRetry}, {300, 0, leastRetry}, {300, 0.5, leastRetry + 1500*time.Millisecond},
		{20_000, 0, leastRetry}, {20_000, 1, mostRetry},
	} {
		if got := retryIn(c.hosts, c.chance); got != c.want {
			t.Errorf("%d hosts, chance %v: %v, want %v", c.hosts, c.chance, got, c.want)
		}
	}
}

package httpapi

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// guesses slows down who tries tokens. An address that has used up its failures is refused, whatever token it sends,
// except those that have worked from there before: others behind the same address go on.
type guesses struct {
	burst  int
	failed *recent[netip.Prefix, *rate.Limiter]
	worked *recent[caller, struct{}]
}

// caller is a token at an address.
type caller struct {
	from  netip.Prefix
	token string
}

const (
	guessRate      = rate.Limit(1) // failures per second, once the burst is used up
	guessersKept   = 10_000        // addresses, at 200 bytes each
	callersKept    = 50_000        // at 100 bytes each
	limitersKept   = 50_000        // at 200 bytes each
	defaultGuesses = 20
)

func newGuesses(burst int) *guesses {
	return &guesses{burst: burst, failed: newRecent[netip.Prefix, *rate.Limiter](guessersKept), worked: newRecent[caller, struct{}](callersKept)}
}

// wrong counts a token that doesn't exist. It returns how long its sender must wait, if it has sent too many.
func (g *guesses) wrong(from netip.Prefix) time.Duration {
	l := g.failed.use(from, func() *rate.Limiter { return rate.NewLimiter(guessRate, g.burst) })
	return take(l)
}

// spent returns how long an address must wait that has used up its failures, or 0.
func (g *guesses) spent(from netip.Prefix) time.Duration {
	if l, ok := g.failed.get(from); ok && l.Tokens() < 1 {
		return time.Second
	}
	return 0
}

// right reports whether to accept a token that exists, and remembers that it worked.
func (g *guesses) right(c caller) bool {
	if _, known := g.worked.get(c); !known {
		if g.spent(c.from) > 0 {
			return false
		}
	}
	g.worked.use(c, func() struct{} { return struct{}{} })
	return true
}

// take takes one from a limiter. It returns how long to wait, if there is none; then it has taken nothing.
func take(l *rate.Limiter) time.Duration {
	now := time.Now()
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

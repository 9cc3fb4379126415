package httpapi

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Hosts whose streams end at the same moment come back at the same moment. So a drain ends streams one after the other,
// and every stream is told now and then how long to wait before it comes back if it is lost: the longer, the more hosts
// there are.
const (
	perStream  = 10 * time.Millisecond  // of the time over which hosts come back
	leastRetry = 500 * time.Millisecond // what host SDKs wait by themselves
	mostRetry  = 10 * time.Second
)

// retryIn returns how long one of many hosts waits before it comes back. chance is in [0, 1).
func retryIn(hosts int, chance float64) time.Duration {
	spread := min(time.Duration(hosts)*perStream, mostRetry-leastRetry)
	return leastRetry + time.Duration(chance*float64(spread))
}

// retry returns the field of a stream that says so.
func (s *stream) retry() string {
	in := retryIn(s.call.api.streams.count(), rand.Float64())
	return "retry: " + strconv.FormatInt(in.Milliseconds(), 10) + "\n"
}

// Drain ends the streams, and all that the API has running, and refuses new streams. Other requests are served as
// before. It is the first step of a graceful shutdown; the second is Shutdown of http.Server, which waits for open
// responses.
func (a *API) Drain() { a.DrainWithin(0) }

// DrainWithin is Drain, except that it spreads the ends of the streams over a time, which is shorter if there are few of
// them. It returns a channel that is closed when the last one has ended.
func (a *API) DrainWithin(most time.Duration) <-chan struct{} {
	all := a.streams
	all.begin()
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.all) == 0 {
		return closed
	}
	if all.empty == nil {
		all.empty = make(chan struct{})
	}
	spread := min(time.Duration(len(all.all))*2*perStream, most)
	i := 0
	for s := range all.all { // in random order
		time.AfterFunc(time.Duration(i)*spread/time.Duration(len(all.all)), s.cancel)
		i++
	}
	return all.empty
}

// closed is the channel of a drain that had nothing to end.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// count returns how many streams are open.
func (all *streams) count() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.all)
}

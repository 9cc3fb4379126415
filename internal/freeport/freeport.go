// Package freeport finds ports for tests that say where a server listens, because it starts again there or can't tell.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Ports are taken from below those that systems give to whoever asks for any one: a program that starts at the same time
// is given none of these, as long as nothing listens there yet, or just now.
const first, count = 10_000, 20_000

// turn begins at random, since other programs' tests may run, too.
var turn atomic.Uint32

func init() { turn.Store(rand.Uint32N(count)) }

// Find returns a port of 127.0.0.1 on which nothing listens, and another one each time.
func Find() (int, error) {
	var failed error
	for range 1_000 {
		port := first + int(turn.Add(1)%count)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		failed = err
	}
	return 0, failed
}

package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// progress is a line on a terminal that says what is under way. Elsewhere it is nothing, and so it is on a dumb terminal, which
// can't take a line away.
type progress struct {
	c     *cobra.Command
	on    bool
	since time.Time
	shown bool
}

// patient is how long nothing is said: what is done sooner needs no progress.
const patient = time.Second

func newProgress(c *cobra.Command) *progress {
	return &progress{c: c, on: isTerminal(c.ErrOrStderr()) && os.Getenv("TERM") != "dumb", since: time.Now()}
}

// takenAway clears the line that the cursor is on: there is one for all that is under way.
const takenAway = "\r\x1b[K"

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if !p.on || time.Since(p.since) < patient {
		return
	}
	fmt.Fprint(p.c.ErrOrStderr(), takenAway)
	_ = say(p.c.ErrOrStderr(), format, args...) // it is a courtesy
	p.shown = true
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.c.ErrOrStderr(), takenAway)
		p.shown = false
	}
}

// waiting is a transport that says so on a terminal while an answer is longer in coming than a second.
type waiting struct {
	http.RoundTripper
	c *cobra.Command
}

// RoundTrip makes the request.
func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	defer waitFor(w.c, r.URL.Host)()
	return w.RoundTripper.RoundTrip(r)
}

// waitFor says on a terminal what is waited for, until the wait ends.
func waitFor(c *cobra.Command, what string) (end func()) {
	p := newProgress(c)
	if !p.on {
		return func() {}
	}
	ended, said := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(said)
		defer p.clear()
		tick := time.NewTicker(patient)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				p.show("waiting for %s (%s)", what, time.Since(p.since).Round(time.Second))
			}
		}
	}()
	return func() {
		close(ended)
		<-said
	}
}

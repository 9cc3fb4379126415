package main

import (
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// progress is a line on a terminal that says what is under way. Elsewhere it is nothing.
type progress struct {
	c     *cobra.Command
	on    bool
	since time.Time
	shown bool
}

// patient is how long nothing is said: what is done sooner needs no progress.
const patient = time.Second

func newProgress(c *cobra.Command) *progress {
	f, file := c.ErrOrStderr().(*os.File)
	return &progress{c: c, on: file && isatty.IsTerminal(f.Fd()), since: time.Now()}
}

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if !p.on || time.Since(p.since) < patient {
		return
	}
	p.clear()
	_ = say(p.c.ErrOrStderr(), format, args...) // it is a courtesy
	p.shown = true
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.c.ErrOrStderr(), "\r\x1b[K")
		p.shown = false
	}
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// asked is a change that a person is asked about, unless --yes says not to.
type asked struct{ yes bool }

func (a *asked) register(c *cobra.Command) {
	c.Flags().BoolVarP(&a.yes, "yes", "y", false, "don't ask")
}

// deletion asks on a terminal whether to do something. A script isn't asked.
//
// Why: RATIONALE.md "Why is a deletion asked about only on a terminal?"
func (a *asked) deletion(c *cobra.Command, dryRun bool, what string) error {
	if dryRun || !onTerminal(c) {
		return nil
	}
	return a.confirm(c, what)
}

// confirm asks whether to do something, such as "Delete x", on the server or the store that the verb works on. Anything but a yes
// is a no.
func (a *asked) confirm(c *cobra.Command, what string) error {
	if a.yes {
		return nil
	}
	if err := say(c.ErrOrStderr(), "%s? [y/N] ", what+whereOf(c)); err != nil {
		return err
	}
	switch line := reply(c.Context(), c); strings.ToLower(line) {
	case "y", "yes":
		return nil
	}
	return refusef("nothing was written")
}

// whereOf says which server, or which store, a verb works on.
func whereOf(c *cobra.Command) string {
	for _, name := range []string{"data-dir", "etcd-endpoints"} {
		if f := c.Flag(name); f != nil && f.Changed {
			return " in the store of --" + name + " " + f.Value.String()
		}
	}
	if f := c.Flag("endpoint"); f != nil { // its value is the server that was chosen
		return " at " + f.Value.String()
	}
	return ""
}

// reply reads a line; "" if there is none, or once the context ends, as it does at Ctrl-C.
func reply(ctx context.Context, c *cobra.Command) string {
	text := readLine(ctx, c)
	if !strings.HasSuffix(text, "\n") {
		fmt.Fprintln(c.ErrOrStderr())
	}
	return strings.TrimSpace(text)
}

// maxLine bounds an answer and a token, which are shorter by far.
const maxLine = 64 << 10

// readLine reads a line of standard input with its end; what there is if it has none, and "" once the context ends. Nothing can end
// the read of a terminal, so its goroutine may last until the process ends, which is then at once.
func readLine(ctx context.Context, c *cobra.Command) string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(io.LimitReader(c.InOrStdin(), maxLine)).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		return text
	case <-ctx.Done():
		return ""
	}
}

// onTerminal reports whether a person can answer.
func onTerminal(c *cobra.Command) bool {
	f, ok := c.InOrStdin().(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

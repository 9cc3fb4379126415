package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// followAgain is how long the verb waits before it comes back to a server that it has lost.
const followAgain = time.Second

// follow prints the changes of an environment as they are made, a line each, until it is interrupted. It comes back where
// it was if the connection is lost.
func (n *connection) follow(ctx context.Context, c *cobra.Command, client *apiclient.Client) error {
	env := n.env
	if env == "" {
		env = controlplane.DefaultEnvironment
	}
	if _, err := client.Environment(ctx, env); err != nil {
		return err
	}
	client.HTTP.Timeout = 0 // a stream has no end
	last := ""
	for ctx.Err() == nil {
		for e, err := range client.Changes(ctx, env, last) {
			if err != nil {
				_ = say(c.ErrOrStderr(), "the stream is lost, and is opened again: %v\n", err)
				break
			}
			if e.ID != "" {
				last = e.ID
			}
			if err := say(c.OutOrStdout(), "%s\n", liveLine(env, e)); err != nil {
				return err
			}
		}
		select {
		case <-time.After(followAgain):
		case <-ctx.Done():
		}
	}
	return nil
}

// liveLine puts an event of a stream of changes into a line.
func liveLine(env string, e api.LiveEvent) string {
	switch {
	case e.Hosts != nil:
		return serveOf(*e.Hosts) + " the newest revision of " + env
	case e.Change != nil:
		words := []string{when(e.Change.Time), env, strconv.FormatInt(e.Change.Revision, 10), e.Change.Action}
		words = append(words, named(e.Change)...)
		words = append(words, "by "+byWhom(e.Change.Actor, e.Change.OnBehalfOf))
		if e.Change.Reason != "" {
			words = append(words, "· "+e.Change.Reason)
		}
		return strings.Join(words, " ")
	case e.Kind == api.LiveReload:
		return env + " is at revision " + strconv.FormatInt(e.At.Revision, 10) + "; gonfalon audit has what came before"
	}
	return env + " is at revision " + strconv.FormatInt(e.At.Revision, 10)
}

// named returns what a change is about.
func named(e *api.LiveEdit) []string {
	const most = 3
	names := append(append([]string{}, e.Keys...), e.Segments...)
	if len(names) > most || e.More {
		more := "more"
		if !e.More {
			more = thousands(len(names)-most) + " more"
		}
		names = append(names[:min(most, len(names))], "and "+more)
	}
	return names
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// streamForms are those in which a verb prints what it never ends to print.
var streamForms = []string{"text", "json"}

func newWatch() *cobra.Command {
	var (
		n     = new(connection)
		form  string
		since string
	)
	c := &cobra.Command{
		Use:   "watch [FLAG…]",
		Short: "Tell each change of an environment, or of some flags, as it is made",
		Long: `Watch prints a line for each change of an environment as it is made: when, the revision, who, and what, in the
words of gates. With names, only what changes these flags. It goes on until you stop it, and comes back by
itself when the server or the network was lost; then it misses nothing and repeats nothing. What it says about
the connection goes to standard error. -o json writes an entry of the audit on each line.`,
		Example: "  gonfalon watch --env production\n" +
			"  gonfalon watch new_checkout payments_v2 --since 1h\n" +
			"  gonfalon watch --env production -o json",
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, keys []string) error {
		for _, key := range keys {
			_, err := client.Flag(ctx, n.env, key)
			if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusNotFound {
				return unknown{"flag", key, n.env}
			}
			if err != nil {
				return err
			}
		}
		t, err := n.newTail(ctx, c, client, since)
		if err != nil {
			return err
		}
		t.tell = func(e api.AuditEntry) error {
			if len(keys) > 0 {
				if e = onlyAbout(e, api.KindFlag, keys...); len(e.Changes) == 0 {
					return nil
				}
			}
			if form == "json" {
				return writeLine(c.OutOrStdout(), e)
			}
			return say(c.OutOrStdout(), "%s\n", watchLine(e))
		}
		return t.run(ctx)
	})
	n.register(c)
	n.inEnvironment(c)
	c.Flags().StringVarP(&form, "output", "o", streamForms[0], "how to print: "+strings.Join(streamForms, ", "))
	c.Flags().StringVar(&since, "since", "", "begin with what changed since this time, such as 2026-11-27T00:00:00Z, or 24h or 7d ago (default: now)")
	c.Flag("output").Value = word{c.Flag("output").Value, streamForms}
	complete(c, "output", streamForms...)
	return c
}

// onlyAbout returns an entry with only what it says of things of a kind.
func onlyAbout(e api.AuditEntry, kind string, keys ...string) api.AuditEntry {
	some := []api.Change{}
	for _, change := range e.Changes {
		if change.Kind == kind && slices.Contains(keys, change.Key) {
			some = append(some, change)
		}
	}
	e.Omitted += len(e.Changes) - len(some)
	e.Changes = some
	return e
}

// watchLine tells when, at which revision, who changed what, and why.
func watchLine(e api.AuditEntry) string {
	const most = 5 // things of a change of many
	var what []string
	for i, change := range e.Changes {
		if i == most {
			what = append(what, fmt.Sprintf("and %s more", thousands(len(e.Changes)-most)))
			break
		}
		what = append(what, changeWords(change))
	}
	if len(what) == 0 {
		what = []string{e.Action}
	}
	line := when(e.Time) + "  " + strconv.FormatInt(e.Revision, 10) + "  " + byWhom(e.By, e.OnBehalfOf) + "  " + strings.Join(what, "; ")
	if e.Reason != "" {
		line += " · " + e.Reason
	}
	return line
}

// changeWords tells what became of one thing.
func changeWords(c api.Change) string {
	name := c.Key
	switch {
	case c.Kind == api.KindEnvironment:
		name = "settings"
	case c.Kind != api.KindFlag:
		name = c.Kind + " " + c.Key
	}
	switch c.Op {
	case api.OpCreate:
		name += " created"
	case api.OpDelete:
		return name + " deleted"
	}
	if len(c.Lines) == 0 {
		return name
	}
	return name + ": " + strings.Join(c.Lines, ", ")
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newAudit() *cobra.Command {
	var (
		n        = new(connection)
		o        output
		q        auditQuery
		failures bool
		follows  bool
	)
	c := &cobra.Command{
		Use:   "audit",
		Short: "Show who changed what, when and why, newest first",
		Long: `Show who changed what, when and why, newest first. With --follow it tells of one environment what changes from
now on, or since --since, oldest first, until you stop it. It comes back by itself when the server or the network
was lost, and then misses nothing and repeats nothing. -o json writes an entry on each line.`,
		Example: `  gonfalon audit --env production --since 24h
  gonfalon audit --action flag.kill -o json
  gonfalon audit --failures --by "shop, production"
  gonfalon audit --follow --env production`,
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			q.Environment = n.env
			if follows {
				return q.follow(ctx, c, n, o, client)
			}
			if failures {
				return printFailures(ctx, c, client, o, &q)
			}
			return q.print(c, o, func(query apiclient.AuditQuery) (api.AuditPage, error) {
				page, err := client.Audit(ctx, query)
				if err == nil && len(page.Entries) == 0 {
					err = checkNames(ctx, client, q.AuditQuery)
				}
				return page, err
			})
		}),
	}
	n.register(c)
	c.Flags().StringVar(&n.env, "env", "", "only changes in this environment (default: all)")
	annotate(c.Flag("env"), isSetting, "")
	o.register(c)
	q.register(c)
	f := c.Flags()
	f.StringVar(&q.Flag, "flag", "", "only changes of this flag")
	f.StringVar(&q.Segment, "segment", "", "only changes of this segment")
	f.BoolVar(&failures, "failures", false, "the changes that were refused, instead of those that were made")
	f.BoolVarP(&follows, "follow", "f", false, "print what changes in one environment, and how many hosts serve it, until interrupted")
	return c
}

// checkNames returns an error if a query without an answer names what isn't there. What is deleted has its entries.
func checkNames(ctx context.Context, client *apiclient.Client, q apiclient.AuditQuery) (err error) {
	if q.Environment != "" {
		_, err = client.Environment(ctx, q.Environment)
	}
	env := cmp.Or(q.Environment, controlplane.DefaultEnvironment)
	if err == nil && q.Flag != "" {
		_, err = client.Flag(ctx, env, q.Flag)
	}
	if err == nil && q.Segment != "" {
		_, err = client.Segment(ctx, env, q.Segment)
	}
	return err
}

// auditQuery filters an audit, as flags of a command.
type auditQuery struct {
	apiclient.AuditQuery
	since, until string
}

func (q *auditQuery) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.By, "by", "", "only changes by this token")
	f.StringVar(&q.OnBehalfOf, "on-behalf-of", "", "only changes that a token made for this person or system")
	f.StringVar(&q.Action, "action", "", "only this action, such as flag.enable, or flag for all actions on flags")
	f.StringVar(&q.since, "since", "", "from this time on, such as 2026-11-27T00:00:00Z, or 24h or 7d ago")
	f.StringVar(&q.until, "until", "", "before this time")
	f.IntVar(&q.Limit, "limit", 20, "maximum number of entries")
}

// read settles the times.
func (q *auditQuery) read() error {
	for _, part := range []struct {
		name, text string
		to         *time.Time
	}{{"since", q.since, &q.Since}, {"until", q.until, &q.Until}} {
		if part.text == "" {
			continue
		}
		t, err := moment(part.text)
		if err != nil {
			return usagef("--%s: %w", part.name, err)
		}
		*part.to = t
	}
	return nil
}

// print prints the page that a query finds.
func (q *auditQuery) print(c *cobra.Command, o output, ask func(apiclient.AuditQuery) (api.AuditPage, error)) error {
	if err := q.read(); err != nil {
		return err
	}
	page, err := ask(q.AuditQuery)
	if err != nil {
		return err
	}
	n := noun{
		document: page, narrow: 9,
		header: []string{"TIME", "ENVIRONMENT", "REVISION", "ACTION", "KEY", "BY", "FOR", "REASON", "CHANGES", "EVERY CHANGE", "TOKEN"},
	}
	for _, e := range page.Entries {
		lines := changeLines(e.Changes, e.Key)
		n.names = append(n.names, fmt.Sprintf("%s/%d", e.Environment, e.Revision))
		n.rows = append(n.rows, []string{when(e.Time), e.Environment, strconv.FormatInt(e.Revision, 10), e.Action, e.Key, e.By, e.OnBehalfOf,
			shortened(e.Reason), shortened(strings.Join(lines, "; ")), strings.Join(lines, "; "), e.Token})
	}
	if page.Next != "" {
		n.summary = "there is more: --limit, --since and --until select it"
	}
	return o.print(c, n)
}

// byWhom names who made a change, and for whom.
func byWhom(by, onBehalfOf string) string {
	if onBehalfOf == "" {
		return by
	}
	return by + " for " + onBehalfOf
}

// changeLines tells changes, each on a line; those of what key names without saying so again.
func changeLines(changes []api.Change, key string) []string {
	var lines []string
	for _, change := range changes {
		for _, line := range change.Lines {
			if change.Key != key {
				line = change.Kind + " " + change.Key + ": " + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func printFailures(ctx context.Context, c *cobra.Command, client *apiclient.Client, o output, q *auditQuery) error {
	if err := q.read(); err != nil {
		return err
	}
	failures, err := client.Failures(ctx, q.AuditQuery)
	if err == nil && len(failures) == 0 && q.Environment != "" {
		_, err = client.Environment(ctx, q.Environment)
	}
	if err != nil {
		return err
	}
	noun := noun{
		document: api.FailureList{Failures: failures}, narrow: 8,
		header: []string{"TIME", "ENVIRONMENT", "ACTION", "KEY", "BY", "FOR", "CODE", "DETAIL", "REASON", "TOKEN"},
	}
	for _, f := range failures {
		noun.names = append(noun.names, f.Action+" "+f.Key)
		noun.rows = append(noun.rows, []string{when(f.Time), f.Environment, f.Action, f.Key, f.By, f.OnBehalfOf, string(f.Code),
			strings.ReplaceAll(f.Detail, "\n", "; "), f.Reason, f.Token})
	}
	return o.print(c, noun)
}

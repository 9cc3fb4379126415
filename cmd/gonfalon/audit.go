package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newAudit() *cobra.Command {
	n := new(connection)
	var (
		q        auditQuery
		failures bool
	)
	c := &cobra.Command{
		Use:   "audit",
		Short: "Who changed what, when and why, newest first",
		Args:  cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			if c.Flags().Changed("env") {
				q.Environment = n.env
			}
			if failures {
				return n.printFailures(ctx, c, client, &q)
			}
			return n.printAudit(c, &q, func(query apiclient.AuditQuery) (apiclient.AuditPage, error) { return client.Audit(ctx, query) })
		}),
	}
	n.register(c)
	c.Flag("env").Usage = "only this environment (default: all)"
	q.register(c)
	f := c.Flags()
	f.StringVar(&q.Flag, "flag", "", "only this flag")
	f.StringVar(&q.Segment, "segment", "", "only this segment")
	f.BoolVar(&failures, "failures", false, "changes that were refused, instead of those that were made")
	return c
}

// auditQuery filters an audit, as flags of a command.
type auditQuery struct {
	apiclient.AuditQuery
	since, until string
}

func (q *auditQuery) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.Actor, "by", "", "only changes by this token")
	f.StringVar(&q.Action, "action", "", "only this action, such as flag.enable, or flag for all of them")
	f.StringVar(&q.since, "since", "", "from this time on, such as 2026-11-27T00:00:00Z, or 24h or 7d ago")
	f.StringVar(&q.until, "until", "", "before this time")
	f.IntVar(&q.Limit, "limit", 20, "at most so many")
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

func (n *connection) printAudit(c *cobra.Command, q *auditQuery, ask func(apiclient.AuditQuery) (apiclient.AuditPage, error)) error {
	if err := q.read(); err != nil {
		return err
	}
	page, err := ask(q.AuditQuery)
	if err != nil {
		return err
	}
	if n.json {
		return printJSON(c.OutOrStdout(), page)
	}
	for _, e := range page.Entries {
		where := e.Environment
		if where != "" {
			where = fmt.Sprintf("%s %d · ", e.Environment, e.Revision)
		}
		text := fmt.Sprintf("%s · %s%s %s · by %s", when(e.Time), where, e.Action, e.Key, e.By)
		if e.Reason != "" {
			text += " · " + e.Reason
		}
		fmt.Fprintln(c.OutOrStdout(), text)
		for _, change := range e.Changes {
			for _, line := range change.Lines {
				if change.Key != e.Key {
					line = change.Kind + " " + change.Key + ": " + line
				}
				fmt.Fprintf(c.OutOrStdout(), "    %s\n", line)
			}
		}
	}
	if page.Next != "" {
		fmt.Fprintln(c.ErrOrStderr(), "there is more: --limit, --since and --until choose")
	}
	return nil
}

func (n *connection) printFailures(ctx context.Context, c *cobra.Command, client *apiclient.Client, q *auditQuery) error {
	if err := q.read(); err != nil {
		return err
	}
	failures, err := client.Failures(ctx, q.AuditQuery)
	if err != nil {
		return err
	}
	if n.json {
		return printJSON(c.OutOrStdout(), failures)
	}
	for _, f := range failures {
		fmt.Fprintf(c.OutOrStdout(), "%s · %s %s %s · by %s · %s: %s\n", when(f.Time), f.Environment, f.Action, f.Key, f.By, f.Code,
			strings.ReplaceAll(f.Detail, "\n", "; "))
	}
	return nil
}

// moment reads a time, or how long ago it was.
func moment(text string) (time.Time, error) {
	if micros, err := flagset.ParseTime(text); err == nil {
		return time.UnixMicro(micros).UTC(), nil
	}
	ago, err := age(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-27T00:00:00Z nor an age such as 24h or 7d", text)
	}
	return time.Now().Add(-ago), nil
}

// age reads a duration, with days too.
func age(text string) (time.Duration, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		hours, err := time.ParseDuration(days + "h")
		if err != nil || hours > 24*365*10*time.Hour {
			return 0, errors.New("not a number of days")
		}
		return 24 * hours, nil
	}
	return time.ParseDuration(text)
}

// when is a time for people, in their time zone.
func when(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

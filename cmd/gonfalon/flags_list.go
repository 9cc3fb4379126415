package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsList(n *connection) *cobra.Command {
	var q apiclient.FlagQuery
	c := &cobra.Command{
		Use:   "list",
		Short: "List flags",
		Args:  cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			return n.listFlags(ctx, c, client, q)
		}),
	}
	f := c.Flags()
	f.StringVar(&q.Search, "search", "", "part of the key, the description, the owner or a tag")
	f.StringVar(&q.Tag, "tag", "", "a tag that the flags have")
	f.StringVar(&q.Prefix, "prefix", "", "how the keys begin")
	f.StringVar(&q.Owner, "owner", "", "whose the flags are")
	f.StringVar((*string)(&q.State), "state", "", "on, partial, off or killed")
	f.StringVar(&q.Stale, "stale", "", "only flags that were not evaluated for so long, such as 30d")
	f.StringVar(&q.Sort, "sort", "", "key, updated, last_evaluated or state; with a leading - the other way round")
	f.IntVar(&q.Limit, "limit", 0, "at most so many (default: all)")
	return c
}

// listFlags prints the flags of every page, up to the limit.
func (n *connection) listFlags(ctx context.Context, c *cobra.Command, client *apiclient.Client, q apiclient.FlagQuery) error {
	const pageSize = 1000 // the most that a page may have
	var all apiclient.FlagPage
	most := q.Limit
	for {
		q.Limit = pageSize
		if most > 0 {
			q.Limit = min(most-len(all.Flags), pageSize)
		}
		page, err := client.Flags(ctx, n.env, q)
		if err != nil {
			return err
		}
		page.Flags = append(all.Flags, page.Flags...)
		all = page
		if page.Next == "" || most > 0 && len(all.Flags) >= most {
			break
		}
		q.Cursor = page.Next
	}
	if n.json {
		return printJSON(c.OutOrStdout(), all)
	}
	rows := [][]string{{"KEY", "STATE", "OWNER", "UPDATED", "LAST EVALUATED", "GATES"}}
	for _, f := range all.Flags {
		state := string(f.State)
		if f.Stale {
			state += ", stale"
		}
		evaluated := when(f.LastEvaluated)
		if f.State == controlplane.StateKilled {
			state = "KILLED"
		}
		rows = append(rows, []string{f.Key, state, f.Owner, when(f.Updated), evaluated, shortened(gates(f.Flag))})
	}
	if err := table(c.OutOrStdout(), rows...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%d of %s, revision %d\n", len(all.Flags), count(all.Total, "flag"), all.Revision)
	return err
}

// shortened keeps a line a line.
func shortened(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

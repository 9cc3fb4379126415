package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsList(n *connection) *cobra.Command {
	var (
		o output
		q apiclient.FlagQuery
	)
	c := &cobra.Command{
		Use:   "list",
		Short: "List the flags of an environment",
		Example: `  gonfalon flags list --state partial --owner checkout-team
  gonfalon flags list --env production -o name`,
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			return n.listFlags(ctx, c, client, o, q)
		}),
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&q.Search, "search", "", "part of the key, the description, the owner or a tag")
	f.StringVar(&q.Tag, "tag", "", "only flags with this tag")
	f.StringVar(&q.Prefix, "prefix", "", "only flags whose key begins like this")
	f.StringVar(&q.Owner, "owner", "", "only flags of this owner")
	f.StringVar((*string)(&q.State), "state", "", "only flags in this state: on, partial, off or killed")
	f.StringVar(&q.Stale, "stale", "", "only flags that were not evaluated for so long, such as 30d")
	f.StringVar(&q.Sort, "sort", "", "key, updated, last_evaluated or state; prefix it with - for descending order")
	f.IntVar(&q.Limit, "limit", 0, "maximum number of flags (default: all)")
	return c
}

// listFlags prints the flags that a query finds.
func (n *connection) listFlags(ctx context.Context, c *cobra.Command, client *apiclient.Client, o output, q apiclient.FlagQuery) error {
	page, err := n.allFlags(ctx, client, q)
	if err != nil {
		return err
	}
	noun := flagsNoun(n.env, page, page.Flags...)
	noun.note = fmt.Sprintf("%s · revision %d", n.env, page.Revision)
	noun.summary = fmt.Sprintf("%s of %s, revision %d of %s", thousands(len(page.Flags)), count(page.Total, "flag"), page.Revision, n.env)
	return o.print(c, noun)
}

// allFlags reads every page, up to the limit.
func (n *connection) allFlags(ctx context.Context, client *apiclient.Client, q apiclient.FlagQuery) (api.FlagPage, error) {
	const pageSize = 1000 // the most that a page may have
	all := api.FlagPage{Flags: []api.Flag{}}
	most := q.Limit
	for {
		q.Limit = pageSize
		if most > 0 {
			q.Limit = min(most-len(all.Flags), pageSize)
		}
		page, err := client.Flags(ctx, n.env, q)
		if err != nil {
			return all, err
		}
		page.Flags = append(all.Flags, page.Flags...)
		all = page
		if page.Next == "" || most > 0 && len(all.Flags) >= most {
			return all, nil
		}
		q.Cursor = page.Next
	}
}

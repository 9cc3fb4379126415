package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsHistory(n *connection) *cobra.Command {
	var (
		o output
		q auditQuery
	)
	c := &cobra.Command{
		Use:     "history FLAG",
		Short:   "Show who changed a flag, when, why and how, newest first",
		Example: "  gonfalon flags history new_checkout --since 7d",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			return q.print(c, o, func(query apiclient.AuditQuery) (api.AuditPage, error) {
				page, err := client.History(ctx, n.env, args[0], query)
				if err == nil && len(page.Entries) == 0 {
					_, err = client.Flag(ctx, n.env, args[0]) // a flag without a change in the audit may be there nevertheless
				}
				return page, err
			})
		}),
	}
	o.register(c)
	q.register(c)
	return c
}

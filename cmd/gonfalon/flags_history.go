package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newFlagsHistory(n *connection) *cobra.Command {
	var q auditQuery
	c := &cobra.Command{
		Use:   "history FLAG",
		Short: "Who changed a flag, when, why and what, newest first",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			return n.printAudit(c, &q, func(query apiclient.AuditQuery) (apiclient.AuditPage, error) {
				return client.History(ctx, n.env, args[0], query)
			})
		}),
	}
	q.register(c)
	return c
}

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newExplain() *cobra.Command {
	n := new(connection)
	var (
		who      subject
		roll     uint64
		revision int64
		at       string
	)
	c := &cobra.Command{
		Use:   "explain FLAG",
		Short: "Why a flag is on or off for somebody, now or at a past revision",
		Example: `  gonfalon explain new_checkout --actor user:3 --context '{"plan": "pro"}'
  gonfalon explain new_checkout --actor user:3 --at 2026-11-27T08:30:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			q, err := who.query(c)
			if err != nil {
				return err
			}
			if c.Flags().Changed("roll") {
				q.Roll = &roll
			}
			q.Revision = revision
			if at != "" {
				if q.Time, err = moment(at); err != nil {
					return usagef("--at: %w", err)
				}
			}
			e, err := client.Explain(ctx, n.env, args[0], q)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), e)
			}
			return writeExplanation(c.OutOrStdout(), e)
		}),
	}
	n.register(c)
	who.flags(c)
	f := c.Flags()
	f.Uint64Var(&roll, "roll", 0, "the 64 bits of chance that percentage_of_time draws from (default random)")
	f.Int64Var(&revision, "revision", 0, "as of this revision")
	f.StringVar(&at, "at", "", "as of this time, such as 2026-11-27T08:30:00Z, or 24h or 7d ago")
	return c
}

package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newExport() *cobra.Command {
	n := new(connection)
	var (
		out, at string
		as      api.At
	)
	c := &cobra.Command{
		Use:   "export",
		Short: "Write an environment as YAML, as it is or as it was at a past revision",
		Example: `  gonfalon export --env production -o flags.yaml
  gonfalon export --at 24h`,
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			if at != "" {
				var err error
				if as.Time, err = moment(at); err != nil {
					return usagef("--at: %w", err)
				}
			}
			text, err := client.Export(ctx, n.env, as)
			if err != nil {
				return err
			}
			return writeOutput(c, out, func(w io.Writer) error { return writeYAML(w, string(text)) })
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	f := c.Flags()
	f.StringVarP(&out, "output", "o", "-", "the file to write; - is standard output")
	f.Int64Var(&as.Revision, "revision", 0, "as of this revision")
	f.StringVar(&at, "at", "", "as of this time, such as 2026-11-27T08:30:00Z, or 24h or 7d ago")
	return c
}

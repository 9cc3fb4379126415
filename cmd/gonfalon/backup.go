package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newBackup() *cobra.Command {
	n := new(connection)
	var (
		s   storage
		out string
	)
	c := &cobra.Command{
		Use:   "backup -o FILE",
		Short: "Save everything in the control plane while it runs, or, with --data-dir, while it is stopped",
		Example: `  gonfalon backup -o gonfalon.backup
  gonfalon backup -o gonfalon.backup --data-dir ./data`,
		Long: `Backup saves flags, segments, environments, tokens (as hashes), webhooks and the audit, as of one moment. Only the
file's owner can read it, because it has the secrets that sign webhooks. gonfalon restore reads it.`,
		Args: cobra.NoArgs,
	}
	save := func(c *cobra.Command, write func(io.Writer) error) error {
		if out == "-" {
			return write(c.OutOrStdout())
		}
		if err := replaceFile(out, 0o600, write); err != nil {
			return err
		}
		return say(c.OutOrStdout(), "saved in %s\n", out)
	}
	online := n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
		return save(c, func(w io.Writer) error { return client.Backup(ctx, w) })
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		if out == "" {
			return usagef("-o is missing: the file to write, or - for standard output")
		}
		if !s.named(c) {
			return online(c, args)
		}
		return s.offline(c, func(ctx context.Context, service *controlplane.Service) error {
			return save(c, func(w io.Writer) error { return service.Backup(ctx, w) })
		})
	}
	n.register(c)
	s.register(c)
	c.Flags().StringVarP(&out, "output", "o", "", "the file to write; - is standard output")
	return c
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

func newRestore() *cobra.Command {
	var (
		s      storage
		reason string
	)
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into a new data directory or an empty cluster, while no server uses it",
		Long: `Restore puts back what gonfalon backup saved (- is standard input). Each environment gets a new lineage, so that
connected hosts take its flags at once, even if they have seen later revisions. The store must be empty.`,
		Example: "  gonfalon restore gonfalon.backup --data-dir ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			in := c.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
			store, err := s.open(c.Context(), log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			restored, err := controlplane.Restore(c.Context(), store, bufio.NewReader(in), controlplane.RestoreOptions{By: offlineBy.By, Reason: reason})
			if err != nil {
				return err
			}
			return told(c, false, fmt.Sprintf("restored %s (%s) into %s", count(len(restored.Environments), "environment"),
				strings.Join(restored.Environments, ", "), s.String()))
		},
	}
	s.register(c)
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit")
	return c
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

func newRestore() *cobra.Command {
	var (
		s storage
		w changeOptions

		withoutTokens bool
	)
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Restore a backup into a new data directory or an empty cluster that no server uses",
		Long: `Restore reads what gonfalon backup saved (- is standard input). Each environment gets a new lineage, so that
connected hosts take its flags at once, even if they have seen later revisions. The store must be empty. It lists the
tokens that work again, since some may have been revoked after the backup; --without-tokens leaves all of them out.
--dry-run reads the whole backup, and doesn't look at the store.`,
		Example: "  gonfalon restore gonfalon.backup --data-dir ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			in := openInput(c, args[0])
			defer in.Close()
			backup := bufio.NewReader(in)
			if _, err := backup.Peek(1); err != nil && err != io.EOF { // before anything is made
				return err
			}
			log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError})) // that the store is empty is as it should be
			where := s.String()
			if w.dryRun {
				s.inMemory = true
			}
			store, err := s.open(c.Context(), log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			restored, err := controlplane.Restore(c.Context(), store, backup, controlplane.RestoreOptions{
				By: offlineBy, OnBehalfOf: string(w.onBehalfOf), Reason: w.reason, WithoutTokens: withoutTokens,
			})
			if err != nil {
				return fmt.Errorf("%s into %s: %w", args[0], where, err)
			}
			for _, t := range restored.Tokens {
				if err := say(c.OutOrStdout(), "token %s works again: %s (%s), created %s\n", t.ID, visible(t.Name), t.Role, when(t.Created)); err != nil {
					return err
				}
			}
			return w.sayDone(c, "restored %s (%s) into %s", count(len(restored.Environments), "environment"),
				strings.Join(restored.Environments, ", "), where)
		},
	}
	s.register(c)
	w.register(c)
	c.Flags().BoolVar(&withoutTokens, "without-tokens", false, "leave out all tokens; the next start makes an admin token")
	return c
}

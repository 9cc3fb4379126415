package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// violations is what gonfalon check prints as JSON and YAML.
type violations struct {
	Violations []controlplane.Violation `json:"violations"`
}

func newCheck() *cobra.Command {
	var (
		s storage
		o output
	)
	c := &cobra.Command{
		Use:   "check",
		Short: "Check that a store holds together",
		Long: `Check walks the data directory of a server that is stopped, or a cluster, as of one revision. It names each key
that is damaged, missing or doesn't fit the others, and changes nothing. Litter is what nothing depends on any
more, and the next sweep deletes.

The exit status is 0 if the store is sound, 1 if it is not, and 2 if it can't be read.`,
		Example: "  gonfalon check --data-dir ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			defer func() {
				if err != nil && !errors.Is(err, errReported) {
					err = trouble{err}
				}
			}()
			store, err := s.openExisting(c.Context(), slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn})))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			found := violations{Violations: []controlplane.Violation{}}
			noun := noun{header: []string{"KEY", "DETAIL"}}
			broken := 0
			for v, err := range controlplane.Check(c.Context(), store) {
				if err != nil {
					return fmt.Errorf("the store can't be read: %w", err)
				}
				detail := v.Detail
				if v.Litter {
					detail = "litter: " + detail
				} else {
					broken++
				}
				found.Violations = append(found.Violations, v)
				noun.names = append(noun.names, v.Key)
				noun.rows = append(noun.rows, []string{v.Key, detail})
			}
			noun.document = found
			noun.summary = fmt.Sprintf("%s: %s, %s of litter", s.String(), count(broken, "violation"), count(len(found.Violations)-broken, "key"))
			if err := o.print(c, noun); err != nil {
				return err
			}
			if broken > 0 {
				return errReported
			}
			return nil
		},
	}
	s.register(c)
	o.register(c)
	return c
}

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsCopy(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:   "copy FLAG NEW",
		Short: "Create a flag with the gates of another one",
		Long: `Copy makes a flag under a new key that has everything that another one has. It is refused if there is one of
that key already. A share of the copy draws other actors, since an actor's score depends on the flag's key.
To bring a flag to another environment, promote it.`,
		Example: "  gonfalon flags copy new_checkout new_checkout_2",
		Args:    cobra.ExactArgs(2),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		from, err := client.Flag(ctx, n.env, args[0])
		if err != nil {
			return err
		}
		warnOlder(c, from.Unknown)
		f := from.Flag
		f.Key = args[1]
		return p.change(ctx, c, client, f.Key, flagChange{
			apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
			send: func(w apiclient.WriteOptions) (api.Flag, error) {
				return n.create(ctx, client, f, w)
			},
		})
	})
	p.registerForNew(c)
	return c
}

func newFlagsPromote(n *connection) *cobra.Command {
	var (
		o  output
		w  changeOptions
		a  asked
		to string
	)
	c := &cobra.Command{
		Use:   "promote FLAG… --to ENVIRONMENT",
		Short: "Copy flags to another environment, with the segments and flags that they need",
		Long: `Promote writes flags of --env into another environment as they are, in place of those of the same keys, as one
revision. On a terminal it shows the difference and asks.`,
		Example: "  gonfalon flags promote new_checkout --env staging --to production",
		Args:    cobra.MinimumNArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if to == "" {
				return usagef("--to is missing: the environment to write to")
			}
			send := func(dryRun bool) (api.Difference, error) {
				options := w.options()
				options.DryRun = dryRun
				return client.Copy(ctx, to, api.Copy{From: n.env, Flags: args}, options)
			}
			if !w.dryRun && onTerminal(c) && !a.yes {
				d, err := send(true)
				if err != nil {
					return err
				}
				if err := writeChanges(c.ErrOrStderr(), d); err != nil {
					return err
				}
				if len(d.Changes) > 0 {
					if err := a.confirm(c, "Write it to "+to); err != nil {
						return err
					}
				}
			}
			d, err := send(w.dryRun)
			if err != nil {
				return err
			}
			return printDifference(c, o, to, d)
		}),
	}
	o.register(c)
	w.register(c)
	w.versioned(c)
	a.register(c)
	c.Flags().StringVar(&to, "to", "", "the environment to write to")
	return c
}

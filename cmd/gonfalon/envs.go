package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newEnvs() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{Use: "envs", Short: "List, make and change environments, and copy between them"}
	n.register(c)
	c.AddCommand(newEnvsList(n), newEnvsCreate(n), newEnvsSet(n), newEnvsCopy(n), newEnvsRollback(n), newEnvsDelete(n))
	return c
}

func newEnvsList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the environments that the token may see",
		Args:  cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Environments(ctx)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := [][]string{{"KEY", "REVISION", "FLAGS", "SEGMENTS", "GROUP CONFLICT", "UPDATED", "DESCRIPTION"}}
			for _, e := range list {
				rows = append(rows, []string{e.Key, strconv.FormatInt(e.Revision, 10), strconv.Itoa(e.Flags), strconv.Itoa(e.Segments),
					string(e.Settings.GroupConflict), when(e.Updated), shortened(e.Description)})
			}
			return table(c.OutOrStdout(), rows...)
		}),
	}
}

func newEnvsCreate(n *connection) *cobra.Command {
	var (
		w        writing
		e        apiclient.NewEnvironment
		conflict string
	)
	c := &cobra.Command{
		Use:   "create ENVIRONMENT",
		Short: "Make an environment, empty or, with --from, a copy of another",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			e.Key = args[0]
			if conflict != "" {
				e.Settings = &flagset.Settings{GroupConflict: flagset.GroupConflict(conflict)}
			}
			made, err := client.CreateEnvironment(ctx, e, w.options())
			if err != nil {
				return err
			}
			return n.tellEnvironment(c, made, w.dryRun)
		}),
	}
	w.register(c)
	c.Flags().StringVar(&e.Description, "description", "", "what it is for")
	c.Flags().StringVar(&e.From, "from", "", "copy settings, flags and segments of this environment")
	c.Flags().StringVar(&conflict, "group-conflict", "", "deny_wins or allow_wins: what holds for an actor in a denied and an allowed group")
	return c
}

func newEnvsSet(n *connection) *cobra.Command {
	var (
		w                     writing
		description, conflict string
	)
	c := &cobra.Command{
		Use:   "set ENVIRONMENT",
		Short: "Change an environment's description or settings",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			var change apiclient.EnvironmentChange
			if c.Flags().Changed("description") {
				change.Description = &description
			}
			if c.Flags().Changed("group-conflict") {
				change.Settings = &flagset.Settings{GroupConflict: flagset.GroupConflict(conflict)}
			}
			if change == (apiclient.EnvironmentChange{}) {
				return usagef("what is to change? --description or --group-conflict")
			}
			changed, err := client.UpdateEnvironment(ctx, args[0], change, w.options())
			if err != nil {
				return err
			}
			return n.tellEnvironment(c, changed, w.dryRun)
		}),
	}
	w.register(c)
	c.Flags().StringVar(&description, "description", "", "what it is for")
	c.Flags().StringVar(&conflict, "group-conflict", "", "deny_wins or allow_wins: what holds for an actor in a denied and an allowed group")
	return c
}

func (n *connection) tellEnvironment(c *cobra.Command, e apiclient.Environment, dryRun bool) error {
	if n.json {
		return printJSON(c.OutOrStdout(), e)
	}
	return told(c, dryRun, fmt.Sprintf("%s has %s and %s at revision %d, %s", e.Key, count(e.Flags, "flag"), count(e.Segments, "segment"),
		e.Revision, e.Settings.GroupConflict))
}

func newEnvsCopy(n *connection) *cobra.Command {
	var (
		w    writing
		what apiclient.Copy
	)
	c := &cobra.Command{
		Use:     "copy FROM TO",
		Short:   "Copy flags from one environment to another; --dry-run shows the difference",
		Example: "  gonfalon envs copy staging production --flag new_checkout --dry-run",
		Args:    cobra.ExactArgs(2),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			what.From = args[0]
			d, err := client.Copy(ctx, args[1], what, w.options())
			if err != nil {
				return err
			}
			return n.tellDifference(c, d)
		}),
	}
	w.register(c)
	c.Flags().StringArrayVar(&what.Flags, "flag", nil, "only this flag, with the segments and parents that it needs; may be repeated")
	c.Flags().BoolVar(&what.Prune, "prune", false, "delete what the source doesn't have")
	return c
}

func newEnvsRollback(n *connection) *cobra.Command {
	var w writing
	c := &cobra.Command{
		Use:   "rollback ENVIRONMENT REVISION",
		Short: "Put a whole environment back to how it was at a revision; --dry-run shows the difference",
		Args:  cobra.ExactArgs(2),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			revision, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || revision < 1 {
				return usagef("%q is not a revision", args[1])
			}
			d, err := client.RollbackEnvironment(ctx, args[0], revision, w.options())
			if err != nil {
				return err
			}
			return n.tellDifference(c, d)
		}),
	}
	w.register(c)
	return c
}

func newEnvsDelete(n *connection) *cobra.Command {
	var (
		w       writing
		confirm string
	)
	c := &cobra.Command{
		Use:   "delete ENVIRONMENT --confirm ENVIRONMENT",
		Short: "Delete an environment with all its flags; it must be named twice",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if confirm != args[0] {
				return usagef("to delete %s with all its flags, name it again: --confirm %s", args[0], args[0])
			}
			if err := client.DeleteEnvironment(ctx, args[0], confirm, w.options()); err != nil {
				return err
			}
			return told(c, w.dryRun, fmt.Sprintf("%s is deleted", args[0]))
		}),
	}
	w.register(c)
	c.Flags().StringVar(&confirm, "confirm", "", "the environment's key again")
	return c
}

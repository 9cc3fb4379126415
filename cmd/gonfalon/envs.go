package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newEnvs() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "envs",
		Short:   "List and change environments, and copy flags between them",
		Example: "  gonfalon envs copy staging production --flag new_checkout --dry-run",
	}
	n.register(c)
	c.AddCommand(newEnvsList(n), newEnvsCreate(n), newEnvsSet(n), newEnvsCopy(n), newEnvsRollback(n), newEnvsDelete(n))
	return c
}

// environmentsNoun returns what a verb prints of environments. The document is one's, or a list's.
func environmentsNoun(document any, list ...api.Environment) noun {
	n := noun{
		document: document, narrow: 7,
		header: []string{
			"KEY", "REVISION", "FLAGS", "SEGMENTS", "GROUP CONFLICT",
			"UPDATED", "DESCRIPTION", "CREATED", "LINEAGE", "VERSION",
		},
	}
	for _, e := range list {
		n.names = append(n.names, e.Key)
		n.rows = append(n.rows, []string{
			e.Key, strconv.FormatInt(e.Revision, 10), strconv.Itoa(e.Flags), strconv.Itoa(e.Segments),
			string(e.Settings.GroupConflict), when(e.Updated), shortened(e.Description), when(e.Created),
			e.Lineage, e.Version,
		})
	}
	return n
}

// printEnvironment prints what an environment is after a change.
func printEnvironment(c *cobra.Command, o output, w changeOptions, done string, e api.Environment) error {
	n := environmentsNoun(e, e)
	n.text = func(io.Writer) error {
		return w.sayDone(c, done+": %s has %s and %s at revision %d, %s", e.Key, count(e.Flags, "flag"), count(e.Segments, "segment"), e.Revision,
			e.Settings.GroupConflict)
	}
	return o.print(c, n)
}

func newEnvsList(n *connection) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the environments that the token may read",
		Example: "  gonfalon envs list -o wide",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Environments(ctx)
			if err != nil {
				return err
			}
			return o.print(c, environmentsNoun(api.EnvironmentList{Environments: list}, list...))
		}),
	}
	o.register(c)
	return c
}

const conflictUsage = "what an actor gets who is in a denied and an allowed group: deny_wins or allow_wins"

func newEnvsCreate(n *connection) *cobra.Command {
	var (
		o        output
		w        changeOptions
		e        api.NewEnvironment
		conflict string
	)
	c := &cobra.Command{
		Use:     "create ENVIRONMENT",
		Short:   "Create an environment, empty or as a copy of another (--from)",
		Example: `  gonfalon envs create staging --from production --description "before a release"`,
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			e.Key = args[0]
			if conflict != "" {
				e.Settings = &flagset.Settings{GroupConflict: flagset.GroupConflict(conflict)}
			}
			made, err := client.CreateEnvironment(ctx, e, w.options())
			if err != nil {
				return err
			}
			return printEnvironment(c, o, w, "created", made)
		}),
	}
	o.register(c)
	w.register(c)
	c.Flags().StringVar(&e.Description, "description", "", "what the environment is for")
	c.Flags().StringVar(&e.From, "from", "", "copy the settings, flags and segments of this environment")
	c.Flags().StringVar(&conflict, "group-conflict", "", conflictUsage)
	return c
}

func newEnvsSet(n *connection) *cobra.Command {
	var (
		o                     output
		w                     changeOptions
		description, conflict string
	)
	c := &cobra.Command{
		Use:     "set ENVIRONMENT",
		Short:   "Change an environment's description or settings",
		Example: "  gonfalon envs set staging --group-conflict allow_wins",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			var change api.EnvironmentChange
			if c.Flags().Changed("description") {
				change.Description = &description
			}
			if c.Flags().Changed("group-conflict") {
				change.Settings = &flagset.Settings{GroupConflict: flagset.GroupConflict(conflict)}
			}
			if change == (api.EnvironmentChange{}) {
				return usagef("name what to change: --description or --group-conflict")
			}
			changed, err := client.UpdateEnvironment(ctx, args[0], change, w.options())
			if err != nil {
				return err
			}
			return printEnvironment(c, o, w, "set", changed)
		}),
	}
	o.register(c)
	w.register(c)
	w.versioned(c)
	c.Flags().StringVar(&description, "description", "", "what the environment is for")
	c.Flags().StringVar(&conflict, "group-conflict", "", conflictUsage)
	return c
}

func newEnvsCopy(n *connection) *cobra.Command {
	var (
		o    output
		w    changeOptions
		what api.Copy
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
			return printDifference(c, o, args[1], d)
		}),
	}
	o.register(c)
	w.register(c)
	w.versioned(c)
	c.Flags().StringArrayVar(&what.Flags, "flag", nil, "only this flag, with the segments and flags that it needs; may be repeated")
	c.Flags().BoolVar(&what.Prune, "prune", false, "delete what the source doesn't have; not with --flag")
	c.MarkFlagsMutuallyExclusive("flag", "prune")
	return c
}

func newEnvsRollback(n *connection) *cobra.Command {
	var (
		o output
		w changeOptions
	)
	c := &cobra.Command{
		Use:     "rollback ENVIRONMENT REVISION",
		Short:   "Restore a whole environment as it was at a revision; --dry-run shows the difference",
		Example: "  gonfalon envs rollback production 41 --dry-run",
		Args:    cobra.ExactArgs(2),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			revision, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || revision < 1 {
				return usagef("%q is not a revision", args[1])
			}
			d, err := client.RollbackEnvironment(ctx, args[0], revision, w.options())
			if err != nil {
				return err
			}
			return printDifference(c, o, args[0], d)
		}),
	}
	o.register(c)
	w.register(c)
	w.versioned(c)
	return c
}

func newEnvsDelete(n *connection) *cobra.Command {
	var (
		w       changeOptions
		a       asked
		confirm string
	)
	c := &cobra.Command{
		Use:   "delete ENVIRONMENT",
		Short: "Delete an environment with all its flags",
		Long: `Delete deletes an environment with all its flags and segments; its audit stays. On a terminal it asks.
Elsewhere you must name the environment twice, with --confirm, or say --yes.`,
		Example: "  gonfalon envs delete staging --confirm staging",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			named := c.Flags().Changed("confirm")
			switch {
			case named && confirm != args[0], !named && !a.yes && !w.dryRun && !onTerminal(c):
				return usagef("to delete %s with all its flags, name it again: --confirm %s", args[0], args[0])
			case !named:
				if err := a.deletion(c, w.dryRun, fmt.Sprintf("Delete %s with all its flags", args[0])); err != nil {
					return err
				}
			}
			if err := client.DeleteEnvironment(ctx, args[0], args[0], w.options()); err != nil {
				return err
			}
			return w.sayDone(c, "%s is deleted", args[0])
		}),
	}
	w.register(c)
	w.versioned(c)
	a.register(c)
	c.Flags().StringVar(&confirm, "confirm", "", "the environment's key again, in place of --yes")
	return c
}

package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// about is what a flag says of itself besides its gates.
type about struct {
	description, owner string
	tags               []string
	permanent          bool
}

func (a *about) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&a.description, "description", "", "what the flag is for")
	f.StringVar(&a.owner, "owner", "", "who is asked before it is removed")
	f.StringSliceVar(&a.tags, "tag", nil, "its tags, in place of those that it has; may be repeated")
	f.BoolVar(&a.permanent, "permanent", false, "it is meant to stay, and is never called stale")
}

// given reports whether anything was said.
func (a *about) given(c *cobra.Command) bool {
	f := c.Flags()
	return f.Changed("description") || f.Changed("owner") || f.Changed("tag") || f.Changed("permanent")
}

// on writes what was said into a flag.
func (a *about) on(c *cobra.Command, f flagset.Flag) flagset.Flag {
	options := c.Flags()
	if options.Changed("description") {
		f.Description = a.description
	}
	if options.Changed("owner") {
		f.Owner = a.owner
	}
	if options.Changed("tag") {
		f.Tags = nil
		for _, tag := range a.tags {
			if tag != "" { // --tag "" takes all away
				f.Tags = append(f.Tags, tag)
			}
		}
	}
	if options.Changed("permanent") {
		f.Permanent = a.permanent
	}
	return f
}

func newFlagsSet(n *connection) *cobra.Command {
	p, a := &flagVerb{connection: n}, new(about)
	c := &cobra.Command{
		Use:     "set FLAG",
		Short:   "Change a flag's description, owner or tags, or whether it is permanent",
		Example: "  gonfalon flags set new_checkout --owner web --tag checkout --tag q4",
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		if !a.given(c) {
			return usagef("nothing to set: give --description, --owner, --tag or --permanent")
		}
		now, err := client.Flag(ctx, n.env, args[0])
		if err != nil {
			return err
		}
		warnOlder(c, now.Unknown)
		f := a.on(c, now.Flag)
		return p.change(ctx, c, client, f.Key, flagChange{
			apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
			send: func(w apiclient.WriteOptions) (api.Flag, error) {
				if w.IfMatch == "" {
					w.IfMatch = now.Version
				}
				return client.PutFlag(ctx, n.env, f, w)
			},
		})
	})
	p.register(c)
	a.register(c)
	return c
}

func newFlagsCreate(n *connection) *cobra.Command {
	p, a := &flagVerb{connection: n}, new(about)
	c := &cobra.Command{
		Use:   "create FLAG",
		Short: "Create a flag that is off",
		Long: `Create makes a flag without gates, which is off for everybody. It is refused if there is one already. Enable,
which creates flags too, says for whom it is on.`,
		Example: `  gonfalon flags create new_checkout --owner web --description "the checkout of 2027"`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		f := a.on(c, flagset.Flag{Key: args[0]})
		return p.change(ctx, c, client, f.Key, flagChange{
			apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
			send: func(w apiclient.WriteOptions) (api.Flag, error) {
				return n.create(ctx, client, f, w)
			},
		})
	})
	p.registerForNew(c)
	a.register(c)
	return c
}

// create stores a flag if there is none of its key.
func (n *connection) create(ctx context.Context, client *apiclient.Client, f flagset.Flag, w apiclient.WriteOptions) (api.Flag, error) {
	w.IfAbsent = true
	made, err := client.PutFlag(ctx, n.env, f, w)
	if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusPreconditionFailed {
		return made, refusef("there is a flag %q in %s already", f.Key, n.env)
	}
	return made, err
}

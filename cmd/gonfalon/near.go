package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// unknown is a name that the control plane answers about without an error, although there is nothing of that name.
type unknown struct{ noun, name, env string } // env "": of none

func (u unknown) Error() string {
	text := fmt.Sprintf("there is no %s %q", u.noun, u.name)
	if u.env != "" {
		text += " in " + u.env
	}
	return text
}

// suggest adds to the error about an unknown name the one that may have been meant. What args[0] names is in the
// verb's use.
func (n *connection) suggest(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string, err error) error {
	var (
		refused *apiclient.Error
		nothing unknown
	)
	if !errors.As(err, &nothing) && !(errors.As(err, &refused) && refused.Status == http.StatusNotFound) {
		return err
	}
	known, failed := n.environments(ctx, client)
	if failed != nil {
		return err // the hint is a courtesy
	}
	name, noun := n.env, ""
	if names := argumentsOf(c); len(args) > 0 && len(names) > 0 {
		noun = names[0]
	}
	wrong := slices.IndexFunc(environmentsIn(c, args), func(env string) bool { return !slices.Contains(known, env) })
	switch {
	case n.env != "" && !slices.Contains(known, n.env):
	case wrong >= 0:
		name = environmentsIn(c, args)[wrong]
	case noun == "FLAG":
		name = cmp.Or(nothing.name, args[0])
		known, _ = n.flagKeys(ctx, client)
	case noun == "SEGMENT":
		name = args[0]
		known, _ = n.segmentKeys(ctx, client)
	default:
		return err
	}
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("%w\ndid you mean %q?", err, near)
	}
	return err
}

// environmentsIn lists the environments that arguments, --to and --from name.
func environmentsIn(c *cobra.Command, args []string) (list []string) {
	for i, word := range argumentsOf(c) {
		if i < len(args) && c.Name() != "create" && (word == "ENVIRONMENT" || word == "FROM" || word == "TO") {
			list = append(list, args[i])
		}
	}
	for _, option := range []string{"to", "from"} {
		if option == "from" && c.Name() != "create" { // a time, or a system
			continue
		}
		if f := c.Flags().Lookup(option); f != nil && f.Changed {
			list = append(list, f.Value.String())
		}
	}
	return list
}

// nearest returns the name that is most like another, "" if none is like it.
func nearest(name string, known []string) string {
	best, least := "", 1+len(name)/8
	for _, k := range known {
		d := levenshtein.Distance(name, k, nil)
		if d == 2 && swapped(name, k) {
			d = 1 // one slip of the fingers
		}
		if d > 0 && d <= least && 2*d < len(name) {
			best, least = k, d-1
		}
	}
	return best
}

// swapped reports whether two names differ in two neighbouring letters that changed places.
func swapped(a, b string) bool {
	for i := range len(a) - 1 {
		if len(a) == len(b) && a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

func (n *connection) environments(ctx context.Context, client *apiclient.Client) ([]string, error) {
	list, err := client.Environments(ctx)
	keys := make([]string, len(list))
	for i, e := range list {
		keys[i] = e.Key
	}
	return keys, err
}

func (n *connection) segmentKeys(ctx context.Context, client *apiclient.Client) ([]string, error) {
	list, err := client.Segments(ctx, n.env)
	keys := make([]string, len(list))
	for i, s := range list {
		keys[i] = s.Key
	}
	return keys, err
}

func (n *connection) flagKeys(ctx context.Context, client *apiclient.Client) ([]string, error) {
	page, err := n.allFlags(ctx, client, apiclient.FlagQuery{})
	keys := make([]string, len(page.Flags))
	for i, f := range page.Flags {
		keys[i] = f.Key
	}
	return keys, err
}

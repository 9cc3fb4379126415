package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newDiff() *cobra.Command {
	var (
		n    = new(connection)
		o    output
		what api.Import
	)
	c := &cobra.Command{
		Use:   "diff [BEFORE] AFTER",
		Short: "Show what differs between two of: file, directory, environment, revision",
		Long: `Diff compares any two sets of flags. One alone is compared with an environment, and what the environment
has besides counts only with --prune. Each is

  FILE or DIR                  a file of flags (- is standard input), or all of a directory's
  env:ENVIRONMENT              an environment as it is
  env:ENVIRONMENT@WHEN         as it was: at a revision, a time, or 24h or 7d ago; empty before it was created
  env:SERVER/ENVIRONMENT       on another one of the known servers

The exit status is 0 if they are the same, 1 if they differ, and 2 if they can't be compared.`,
		Example: "  gonfalon diff flags.yaml --env production --prune\n" +
			"  gonfalon diff env:production@7d env:production\n" +
			"  gonfalon diff flags/ env:staging",
		Args: cobra.RangeArgs(1, 2),
	}
	withServer := n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		document, locate, err := readFileOrFolder(c, args[0])
		if err != nil {
			return err
		}
		what.Tolerant = true // a file that import refuses can be compared, too
		d, err := client.Import(ctx, n.env, document, what, apiclient.WriteOptions{DryRun: true})
		if refused, is := errors.AsType[*apiclient.Error](err); is {
			locate(refused.Errors)
		}
		if err != nil {
			return inFile(args[0], err)
		}
		locate(d.Warnings)
		if err := printDifference(c, o, n.env, d); err != nil {
			return err
		}
		return differs(d)
	})
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		if len(args) == 1 && !strings.HasPrefix(args[0], envPrefix) {
			err = withServer(c, args)
		} else {
			err = n.compare(c, o, args, what.Prune)
		}
		if err != nil && err != error(errReported) {
			return trouble{noFile(args, err)}
		}
		return err
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	c.Flags().BoolVar(&what.Prune, "prune", false, "of one file: count what it doesn't have as deleted")
	return c
}

// compare compares two sides, or an environment with the one that --env says.
func (n *connection) compare(c *cobra.Command, o output, args []string, prune bool) error {
	if prune {
		return usagef("--prune is for one file: two sides are compared whole")
	}
	if len(args) == 2 && args[0] == "-" && args[1] == "-" {
		return usagef("both sides are standard input, which is read once")
	}
	if len(args) == 1 {
		args = append(args, envPrefix+n.env)
	}
	before, err := n.side(c, args[0])
	if err != nil {
		return err
	}
	after, err := n.side(c, args[1])
	if err != nil {
		return err
	}
	changes, err := controlplane.Difference(before, after)
	if err != nil {
		return err
	}
	d := api.Difference{Changes: changes}
	if err := printChanges(c, o, "", d, func(w io.Writer) error {
		return say(w, "%s from %s to %s\n", count(len(changes), "change"), args[0], args[1])
	}); err != nil {
		return err
	}
	return differs(d)
}

// differs is a no if anything differs.
func differs(d api.Difference) error {
	if len(d.Changes) > 0 {
		return errReported
	}
	return nil
}

// envPrefix begins a side that is an environment.
const envPrefix = "env:"

// noFile adds to the error about a file that isn't there the environment that may have been meant.
func noFile(sides []string, err error) error {
	failed, is := errors.AsType[*fs.PathError](err)
	if !is || !errors.Is(err, fs.ErrNotExist) || !slices.Contains(sides, failed.Path) {
		return err
	}
	prefix, rest, found := strings.Cut(failed.Path, ":")
	switch {
	case found && meant(strings.ToLower(prefix)+":", []string{envPrefix}) != "" || strings.EqualFold(prefix, "env"):
		return fmt.Errorf("%w\ndid you mean %q?", err, envPrefix+rest)
	case !strings.ContainsAny(failed.Path, "./:"):
		return fmt.Errorf("%w\nthe environment of that name is %s", err, envPrefix+failed.Path)
	}
	return err
}

// side returns the flags of one side of a comparison.
func (n *connection) side(c *cobra.Command, name string) (*flagset.Set, error) {
	where, isEnvironment := strings.CutPrefix(name, envPrefix)
	if !isEnvironment {
		files, err := readFlagFiles(c, []string{name})
		if err != nil {
			return nil, err
		}
		return &files.set, files.whole()
	}
	there := *n
	where, then, past := strings.Cut(where, "@")
	if server, env, other := strings.Cut(where, "/"); other {
		there.server, where = server, env
		there.where = nil // what the command line says of another server
		if server == "" {
			return nil, usagef("%s: there is no server before the slash", name)
		}
	}
	if where == "" {
		return nil, usagef("%s: it names no environment", name)
	}
	client, err := there.open()
	if err != nil {
		return nil, err
	}
	there.env = where
	var at api.At
	if past {
		if at.Revision, err = strconv.ParseInt(then, 10, 64); err != nil {
			if at.Time, err = moment(then); err != nil {
				return nil, usagef("%s: after @ comes a revision or a time: %w", name, err)
			}
		} else if at.Revision < 1 {
			return nil, usagef("%s: revisions begin with 1", name)
		}
	}
	text, err := client.Export(c.Context(), there.env, at)
	if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusGone && !at.Time.IsZero() {
		e, failed := client.Environment(c.Context(), there.env)
		if failed == nil && at.Time.Before(e.Created) {
			_ = say(c.ErrOrStderr(), "%s: %s was created later, at %s; before that it is empty\n", name, there.env, when(e.Created)) // what differs is more important
			return new(flagset.Set), nil
		}
	}
	if err != nil {
		return nil, there.hinted(err)
	}
	return exported(text, there.env)
}

// readFileOrFolder reads a file as it is, or the files of a directory as one document. locate says where the problems of that are.
func readFileOrFolder(c *cobra.Command, name string) (document []byte, locate func([]api.Problem), err error) {
	names, err := filesBelow(name)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 1 {
		document, err = readText(c, names[0])
		return document, func(problems []api.Problem) { nameFile(names[0], problems) }, err
	}
	files, err := readFlagFiles(c, names)
	if err == nil {
		err = files.whole()
	}
	if err != nil {
		return nil, nil, err
	}
	document, err = files.set.MarshalJSON()
	return document, func(problems []api.Problem) {
		places := make([]flagset.Place, len(problems))
		for i, p := range problems {
			places[i] = flagset.Place{Flag: p.Flag, Segment: p.Segment, Pointer: p.Pointer}
		}
		for i, at := range files.locate(places) {
			problems[i].File, problems[i].Line = at.file, at.line
		}
		inOrder(problems)
	}, err
}

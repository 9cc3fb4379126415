package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newSegments() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "segments",
		Short:   "List, read and change segments: named lists of constraints that flags share",
		Example: "  gonfalon segments put premium.yaml --dry-run",
	}
	n.register(c)
	n.inEnvironment(c)
	c.AddCommand(newSegmentsList(n), newSegmentsGet(n), newSegmentsPut(n), newSegmentsDelete(n))
	return c
}

// segmentsNoun returns what a verb prints of segments. The document is one's, or a list's.
func segmentsNoun(env string, document any, list ...api.Segment) noun {
	n := noun{
		env: env, document: document, note: env, set: new(flagset.Set), section: "segments", narrow: 5,
		header: []string{
			"KEY", "CONSTRAINTS", "UPDATED", "USED BY",
			"DESCRIPTION", "REVISION", "UPDATED BY", "VERSION",
		},
	}
	for _, s := range list {
		n.names = append(n.names, s.Key)
		n.set.Segments = append(n.set.Segments, s.Segment)
		n.rows = append(n.rows, []string{
			s.Key, strconv.Itoa(len(s.Constraints)), when(s.Updated), shortened(strings.Join(s.Users, ", ")),
			shortened(s.Description), strconv.FormatInt(s.Revision, 10), byWhom(s.UpdatedBy, s.UpdatedOnBehalfOf), s.Version,
		})
	}
	return n
}

func newSegmentsList(n *connection) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the segments of an environment, and the flags that use them",
		Example: "  gonfalon segments list --env production",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Segments(ctx, n.env)
			if err != nil {
				return err
			}
			noun := segmentsNoun(n.env, api.SegmentList{Segments: list}, list...)
			noun.summary = fmt.Sprintf("%s in %s", count(len(list), "segment"), n.env)
			return o.print(c, noun)
		}),
	}
	o.register(c)
	return c
}

func newSegmentsGet(n *connection) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "get SEGMENT",
		Short:   "Show a segment as a file has it",
		Long:    "Get shows a segment as YAML, in the form that flags.yaml has. gonfalon segments put reads what it prints, also with -o json.",
		Example: "  gonfalon segments get premium > premium.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			s, err := client.Segment(ctx, n.env, args[0])
			if err != nil {
				return err
			}
			warn(c, s.Warnings)
			warnOlder(c, s.Unknown)
			noun := segmentsNoun(n.env, s, s)
			noun.note = provenance(n.env, s.Revision, s.Updated, byWhom(s.UpdatedBy, s.UpdatedOnBehalfOf), s.Version)
			noun.text = func(w io.Writer) error { return noun.writeYAML(w) }
			return o.print(c, noun)
		}),
	}
	o.register(c)
	return c
}

func newSegmentsPut(n *connection) *cobra.Command {
	var (
		o output
		w changeOptions
	)
	c := &cobra.Command{
		Use:   "put FILE",
		Short: "Store a whole segment from a file (- is standard input)",
		Long: `Put replaces the segment that has the same key, or creates it. The file is what gonfalon segments get
prints: YAML with one segment under "segments", or the segment as JSON.`,
		Example: "  gonfalon segments put premium.yaml --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			s, text, err := readSegment(c, args[0])
			if err != nil {
				return err
			}
			stored, err := client.PutSegment(ctx, n.env, s, w.options())
			if err != nil {
				return located(args[0], err, text, flagset.Place{Segment: s.Key})
			}
			warn(c, stored.Warnings)
			noun := segmentsNoun(n.env, stored, stored)
			noun.text = func(io.Writer) error {
				what := "%s has %s at revision %d of %s"
				if stored.Created.Equal(stored.Updated) && (stored.Changed == nil || *stored.Changed) {
					what = "created: " + what
				}
				return w.sayDone(c, what, stored.Key, count(len(stored.Constraints), "constraint"), stored.Revision, n.env)
			}
			return o.print(c, noun)
		}),
	}
	o.register(c)
	w.register(c)
	w.versioned(c)
	return c
}

func readSegment(c *cobra.Command, name string) (flagset.Segment, []byte, error) {
	text, err := readText(c, name)
	if err != nil {
		return flagset.Segment{}, nil, err
	}
	var s flagset.Segment
	var problems []flagset.Problem
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		s, problems = flagset.ParseSegment(text, append([]string{"environment"}, api.SegmentInfoFields...)...)
	} else {
		var set flagset.Set
		set, problems = flagset.ParseYAML(text)
		if len(problems) == 0 && (len(set.Segments) != 1 || len(set.Flags) != 0) {
			return s, text, refusef("%s has %s and %s: it must have one segment; gonfalon import takes many", name,
				count(len(set.Segments), "segment"), count(len(set.Flags), "flag"))
		}
		if len(set.Segments) == 1 {
			s = set.Segments[0]
		}
	}
	if report(c, name, problems) {
		return s, text, errReported
	}
	if s.Key == "" {
		return s, text, refusef(`%s: "key" is missing`, name)
	}
	return s, text, nil
}

func newSegmentsDelete(n *connection) *cobra.Command {
	var (
		w changeOptions
		a asked
	)
	c := &cobra.Command{
		Use:     "delete SEGMENT",
		Short:   "Delete a segment; refused while flags use it",
		Example: "  gonfalon segments delete premium",
		Args:    cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := a.deletion(c, w.dryRun, "Delete "+args[0]+" from "+n.env); err != nil {
				return err
			}
			if err := client.DeleteSegment(ctx, n.env, args[0], w.options()); err != nil {
				return err
			}
			return w.sayDone(c, "%s is deleted from %s", args[0], n.env)
		}),
	}
	w.register(c)
	w.versioned(c)
	a.register(c)
	return c
}

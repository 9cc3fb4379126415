package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newSegments() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{Use: "segments", Short: "List, read and change segments: named lists of constraints that flags share"}
	n.register(c)
	c.AddCommand(newSegmentsList(n), newSegmentsGet(n), newSegmentsPut(n), newSegmentsDelete(n))
	return c
}

func newSegmentsList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List segments, and the flags that name them",
		Args:  cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Segments(ctx, n.env)
			if err != nil {
				return err
			}
			if n.json {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := [][]string{{"KEY", "CONSTRAINTS", "UPDATED", "USED BY", "DESCRIPTION"}}
			for _, s := range list {
				rows = append(rows, []string{s.Key, fmt.Sprint(len(s.Constraints)), when(s.Updated), shortened(strings.Join(s.Users, ", ")), shortened(s.Description)})
			}
			return table(c.OutOrStdout(), rows...)
		}),
	}
}

func newSegmentsGet(n *connection) *cobra.Command {
	return &cobra.Command{
		Use:   "get SEGMENT",
		Short: "Show a segment as it is written, in YAML or, with --json, in JSON; segments put reads both",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			s, err := client.Segment(ctx, n.env, args[0])
			if err != nil {
				return err
			}
			warn(c, s.Warnings)
			if n.json {
				return printJSON(c.OutOrStdout(), s)
			}
			text, err := yamlFrom("segments:", &flagset.Set{Segments: []flagset.Segment{s.Segment}})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "# %s · revision %d, %s by %s · version %s\n%s", n.env, s.Revision, when(s.Updated), s.UpdatedBy, s.Version, text)
			return err
		}),
	}
}

func newSegmentsPut(n *connection) *cobra.Command {
	var w writing
	c := &cobra.Command{
		Use:   "put FILE",
		Short: "Store a segment, as a file has it: JSON, or YAML with one segment under \"segments\" (- is standard input)",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			s, err := readSegment(c, args[0])
			if err != nil {
				return err
			}
			stored, err := client.PutSegment(ctx, n.env, s, w.options())
			if err != nil {
				return err
			}
			warn(c, stored.Warnings)
			if n.json {
				return printJSON(c.OutOrStdout(), stored)
			}
			return told(c, w.dryRun, fmt.Sprintf("%s has %s at revision %d", stored.Key, count(len(stored.Constraints), "constraint"), stored.Revision))
		}),
	}
	w.register(c)
	return c
}

func readSegment(c *cobra.Command, name string) (flagset.Segment, error) {
	text, err := readInput(c, name)
	if err != nil {
		return flagset.Segment{}, err
	}
	var s flagset.Segment
	var problems []flagset.Problem
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		s, problems = flagset.ParseSegment(text, apiclient.SegmentInfoFields...)
	} else {
		var set flagset.Set
		set, problems = flagset.ParseYAML(text)
		if len(problems) == 0 && (len(set.Segments) != 1 || len(set.Flags) != 0) {
			return s, fmt.Errorf("%s has %s and %s: one segment is needed; gonfalon import takes many", name,
				count(len(set.Segments), "segment"), count(len(set.Flags), "flag"))
		}
		if len(set.Segments) == 1 {
			s = set.Segments[0]
		}
	}
	if report(c, name, problems) {
		return s, errReported
	}
	if s.Key == "" {
		return s, fmt.Errorf(`%s: "key" is missing`, name)
	}
	return s, nil
}

func newSegmentsDelete(n *connection) *cobra.Command {
	var w writing
	c := &cobra.Command{
		Use:   "delete SEGMENT",
		Short: "Delete a segment; refused while flags name it",
		Args:  cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			if err := client.DeleteSegment(ctx, n.env, args[0], w.options()); err != nil {
				return err
			}
			return told(c, w.dryRun, fmt.Sprintf("%s is deleted", args[0]))
		}),
	}
	w.register(c)
	return c
}

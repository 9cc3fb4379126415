package main

import (
	"encoding/hex"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func newCompile() *cobra.Command {
	var (
		out, lineage string
		header       snapshot.Header
	)
	c := &cobra.Command{
		Use:   "compile FLAGS.yaml -o S.snapshot",
		Short: "Compile a file of flags to a snapshot that hosts evaluate",
		Long: `Compile reads flags, segments and settings from a YAML or JSON file (- is standard input), checks
them, and writes a snapshot. The same file yields the same bytes. Compile reports every problem with
its line. If one is an error, it writes nothing.`,
		Example: "  gonfalon compile flags.yaml -o flags.snapshot",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			raw, err := hex.DecodeString(lineage)
			switch {
			case out == "":
				return usagef("-o is missing: the file to write, or - for standard output")
			case err != nil || len(raw) != 0 && len(raw) != len(header.Lineage):
				return usagef("--lineage: %q is not 32 hex digits", lineage)
			}
			copy(header.Lineage[:], raw)
			text, err := readText(c, args[0])
			if err != nil {
				return err
			}
			document := flagset.ReadDocument(text)
			if report(c, args[0], document.Problems) {
				return errReported
			}
			data, problems := snapshot.Compile(header, &document.Set, snapshot.Strict)
			if data == nil {
				report(c, args[0], problems)
				return errReported
			}
			fill := func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			}
			if err := writeOutput(c, out, fill); err != nil {
				return err
			}
			to := c.OutOrStdout()
			if out == "-" {
				to = c.ErrOrStderr()
			}
			return tellSnapshot(to, out, &document.Set, data)
		},
	}
	flags := c.Flags()
	flags.StringVarP(&out, "output", "o", "", "the snapshot file to write; - is standard output")
	flags.StringVar(&header.Environment, "env", "default", "the environment's key in the snapshot")
	flags.Int64Var(&header.Revision, "revision", 0, "the revision in the snapshot")
	flags.StringVar(&lineage, "lineage", "", "the lineage in the snapshot, 32 hex digits (default all 0)")
	return c
}

func tellSnapshot(to io.Writer, out string, set *flagset.Set, data []byte) error {
	id := snapshot.ID(data)
	return say(to, "%s: %s, %s, %s, id %s\n", out, count(len(set.Flags), "flag"), count(len(set.Segments), "segment"),
		count(len(data), "byte"), hex.EncodeToString(id[:]))
}

// report prints problems as a compiler would, and reports whether one of them is an error.
func report(c *cobra.Command, file string, problems []flagset.Problem) bool {
	slices.SortStableFunc(problems, func(a, b flagset.Problem) int { return a.Line - b.Line })
	for _, p := range problems {
		_ = say(c.ErrOrStderr(), "%s: %s\n", file, p) // the exit status tells it too
	}
	return flagset.Err(problems) != nil
}

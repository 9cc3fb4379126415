package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

func newImport() *cobra.Command {
	var (
		n    = new(connection)
		o    output
		w    changeOptions
		what api.Import
	)
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Store the flags, segments and settings of a file (- is standard input)",
		Long: `Import stores everything in a YAML or JSON file, or nothing of it. It leaves what the file doesn't have,
unless --prune deletes it; settings that the file doesn't have stay even then. If anything is malformed,
Import names every problem with its line, and stores nothing. With --tolerant it stores a malformed flag
so that it grants nothing, as a migration may need.

Flags of Bandera and FunWithFlags come from their own stores: see gonfalon import bandera --help. A
file of such a name is ./bandera.`,
		Example: `  gonfalon import flags.yaml --env staging --dry-run
  gonfalon import flags.yaml --env staging --prune --reason "release 12"`,
		Args: cobra.ExactArgs(1),
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
			document, err := readText(c, args[0])
			if err != nil {
				return err
			}
			d, err := client.Import(ctx, n.env, document, what, w.options())
			if err != nil {
				return inFile(args[0], err)
			}
			nameFile(args[0], d.Warnings)
			return printDifference(c, o, n.env, d)
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	w.register(c)
	w.versioned(c)
	c.Flags().BoolVar(&what.Prune, "prune", false, "delete what the file doesn't have")
	c.Flags().BoolVar(&what.Tolerant, "tolerant", false, "store malformed flags, so that they grant nothing")
	c.AddCommand(newImportLibrary(n, reference.Bandera), newImportLibrary(n, reference.FunWithFlags))
	return c
}

// printDifference prints what was changed in the environment, or would be.
func printDifference(c *cobra.Command, o output, env string, d api.Difference) error {
	return printChanges(c, o, env, d, func(w io.Writer) error { return sayChanges(w, env, d) })
}

// printChanges prints changes; as text they end in a sentence.
func printChanges(c *cobra.Command, o output, env string, d api.Difference, sentence func(io.Writer) error) error {
	warn(c, d.Warnings)
	noun := noun{env: env, document: d, header: []string{"OPERATION", "KIND", "KEY", "CHANGES"}}
	for _, change := range d.Changes {
		noun.names = append(noun.names, change.Kind+"/"+change.Key)
		noun.rows = append(noun.rows, []string{change.Op, change.Kind, change.Key, strings.Join(change.Lines, "; ")})
	}
	noun.text = func(w io.Writer) error {
		if err := writeChanges(w, d); err != nil {
			return err
		}
		return sentence(w)
	}
	return o.print(c, noun)
}

// writeChanges lists the changes.
func writeChanges(w io.Writer, d api.Difference) error {
	for _, change := range d.Changes {
		if err := say(w, "%s %s %s\n", change.Op, change.Kind, change.Key); err != nil {
			return err
		}
		for _, line := range change.Lines {
			if _, err := io.WriteString(w, paintedLine(w, "    "+visible(line))+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// sayChanges says how many changes there are, and whether they were written.
func sayChanges(w io.Writer, env string, d api.Difference) error {
	changes := count(len(d.Changes), "change")
	switch {
	case len(d.Changes) == 0:
		return say(w, "%s: %s is like that already, at revision %d\n", changes, env, d.Revision)
	case !d.Written:
		return say(w, "%s to %s, nothing was written\n", changes, env)
	}
	return say(w, "%s, revision %d of %s\n", changes, d.Revision, env)
}

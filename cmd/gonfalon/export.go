package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
)

func newExport() *cobra.Command {
	n := new(connection)
	var (
		out, back string
		past      pastOptions
		o         elixir.Options
	)
	c := &cobra.Command{
		Use:   "export",
		Short: "Write an environment as YAML, as it is or as it was at a past revision",
		Long: `Export writes an environment as YAML. With --as it writes the commands for redis-cli, or the SQL
statements, that put the flags into a store of Bandera or FunWithFlags, and names on standard error
what the library can't say: sql is for PostgreSQL and SQLite, mysql for MySQL and MariaDB.`,
		Example: `  gonfalon export --env production -o flags.yaml
  gonfalon export --at 24h
  gonfalon export --as fun_with_flags-sql -o back.sql`,
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			as, err := past.at()
			if err != nil {
				return err
			}
			text, err := client.Export(ctx, n.env, as)
			if err != nil {
				return err
			}
			if back != "" {
				return exportBack(c, n.env, text, back, o, out)
			}
			return writeOutput(c, out, func(w io.Writer) error {
				// Editors complete and check what the first line says the form of.
				if err := say(w, "# yaml-language-server: $schema=%s/schema.json\n", strings.TrimRight(client.Endpoint, "/")); err != nil {
					return err
				}
				return writeYAML(w, string(text))
			})
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	f := c.Flags()
	f.StringVarP(&out, "output", "o", "-", "the file to write; - is standard output")
	f.StringVar(&back, "as", "", "write what puts the flags back into an old store: "+formatNames())
	f.StringVar(&o.Table, "table", "", "for --as: the table (default: the library's)")
	f.StringVar(&o.Prefix, "prefix", "", "for --as: what stands before every key in Redis (default: nothing)")
	past.register(c)
	return c
}

// exportBack writes an environment for a library, and names what the library can't say.
func exportBack(c *cobra.Command, env string, text []byte, as string, o elixir.Options, out string) error {
	i := slices.IndexFunc(elixir.Formats, func(f elixir.Format) bool { return f.String() == as })
	if i < 0 {
		return usagef("--as: %q is none of %s", as, formatNames())
	}
	format := elixir.Formats[i]
	set, err := exported(text, env)
	if err != nil {
		return err
	}
	flags, findings := elixir.Back(format.Library, set)
	for _, f := range findings {
		_ = say(c.ErrOrStderr(), "warning: %s\n", f) // the answer is more important
	}
	var statements strings.Builder
	if err := format.Write(&statements, flags, o); err != nil {
		return err
	}
	if out == "-" && strings.IndexFunc(strings.ReplaceAll(statements.String(), "\n", ""), obeyed) >= 0 {
		return refusef("a name has control characters, which SQL can't escape and a terminal obeys: write to a file with -o")
	}
	return writeOutput(c, out, func(w io.Writer) error {
		_, err := io.WriteString(w, statements.String())
		return err
	})
}

func formatNames() string {
	var names []string
	for _, f := range elixir.Formats {
		names = append(names, f.String())
	}
	return strings.Join(names, ", ")
}

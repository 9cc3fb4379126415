package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/accessors"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// generating is one run of generate.
type generating struct {
	connection
	out, pkg string
	check    bool
}

func newGenerate() *cobra.Command {
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write source code with a function for each flag, so that a misspelt flag doesn't compile",
		Long: `Generate writes a file of source code for one of our SDKs. For each flag it has a function that says
whether the flag is on, one that returns its variant and one that returns its payload, each of a type of
its own. Without a file of flags it asks an environment. A variant or a payload that the file doesn't
know, because it came later, is the default that the program passes.`,
		Example: "  gonfalon generate go flags.yaml -o flags/flags.go",
	}
	for _, l := range accessors.Languages() {
		c.AddCommand(newGenerateLanguage(l))
	}
	return c
}

func newGenerateLanguage(l *accessors.Language) *cobra.Command {
	g := new(generating)
	c := &cobra.Command{
		Use:   l.Name + " [FILE|DIR …]",
		Short: "Write it in " + l.Title,
		Long: fmt.Sprintf(`This writes the functions in %s, for the flags of files or, without one, of an environment. With --check
it writes nothing, and the exit status is 1 if the file of --output differs from what it would write.`, l.Title),
		Example: "  gonfalon generate " + l.Name + " --env production -o " + l.File + "\n" +
			"  gonfalon generate " + l.Name + " flags.yaml -o " + l.File + " --check",
		RunE: func(c *cobra.Command, args []string) error { return g.run(c, l, args) },
	}
	g.register(c)
	g.inEnvironment(c)
	f := c.Flags()
	f.StringVarP(&g.out, "output", "o", "-", "the file to write; - is standard output")
	f.BoolVar(&g.check, "check", false, "write nothing, and fail if the file differs")
	if l.Package != "" {
		f.StringVar(&g.pkg, "package", l.Package, "the package, class or module of the functions")
	}
	return c
}

func (g *generating) run(c *cobra.Command, l *accessors.Language, args []string) error {
	if g.check && g.out == "-" {
		return usagef("--check compares a file: name it with --output")
	}
	set, err := g.flags(c, args)
	if err != nil {
		return err
	}
	code, err := l.Write(set, g.pkg)
	if err != nil {
		return usagef("--package: %w", err)
	}
	if !g.check {
		return writeOutput(c, g.out, func(w io.Writer) error {
			_, err := w.Write(code)
			return err
		})
	}
	switch there, err := readFile(g.out); {
	case errors.Is(err, fs.ErrNotExist):
		return refusef("%s isn't there: leave out --check to write it", g.out)
	case err != nil:
		return err
	case !bytes.Equal(there, code):
		return refusef("%s differs: leave out --check to write it again", g.out)
	}
	return nil
}

// flags returns the flags of files, or of an environment.
func (g *generating) flags(c *cobra.Command, args []string) (*flagset.Set, error) {
	if len(args) > 0 {
		files, err := readFlagFiles(c, args)
		if err != nil {
			return nil, err
		}
		if err := files.refused(new(flagset.Set)); err != nil {
			return nil, err
		}
		return files.set.Canonical(), nil
	}
	client, err := g.open()
	if err != nil {
		return nil, err
	}
	text, err := client.Export(c.Context(), g.env, api.At{})
	if err != nil {
		return nil, g.hinted(err)
	}
	set, err := exported(text, g.env)
	if err != nil {
		return nil, err
	}
	return set.Canonical(), nil
}

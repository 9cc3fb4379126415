package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

func newModule() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "module -o engine.wasm",
		Short: "Write the WebAssembly module that evaluates flags in any language",
		Long: `Module writes the engine inside this binary as a WebAssembly module without imports (- is standard
output), and prints its size and its SHA-256. wasm/HOST.md says how a program in another language
calls it.`,
		Example: "  gonfalon module -o engine.wasm",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("-o is missing: the file to write, or - for standard output")
			}
			module := wasm.Module()
			err := writeOutput(c, out, func(w io.Writer) error {
				_, err := w.Write(module)
				return err
			})
			if err != nil {
				return err
			}
			to := c.OutOrStdout()
			if out == "-" {
				to = c.ErrOrStderr()
			}
			return say(to, "%s, SHA-256 %s\n", count(len(module), "byte"), wasm.SHA256())
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "the file to write; - is standard output")
	return c
}

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

func newConformance() *cobra.Command {
	var by, moduleFile, jsonFile string
	var emit bool
	c := &cobra.Command{
		Use:   "conformance [FILE…]",
		Short: "Compare decisions with the answers of the reference implementations",
		Long: `Conformance reads vectors (.jsonl, .json), and cases as bytes, which --emit-cases writes. For each case
it compiles the flags to a snapshot, evaluates one, and compares enabled, variant and score. Without
files it reads the vectors inside this binary. It prints a line for each family, every failure, the reason for each kind of skip, and the totals. The exit
status is 1 if anything failed.`,
		Example: `  gonfalon conformance
  gonfalon conformance engine/conformance/bandera.jsonl --engine wazero
  gonfalon conformance --emit-cases engine/conformance/bandera.jsonl cases.jsonl`,
		RunE: func(c *cobra.Command, files []string) error {
			out := ""
			if emit {
				if len(files) == 0 {
					return usagef("--emit-cases: the last file is the one to write")
				}
				files, out = files[:len(files)-1], files[len(files)-1]
				if info, err := os.Stat(out); err == nil && info.Mode().IsRegular() {
					if there, err := readCases(c, []string{out}); err == nil && slices.ContainsFunc(there, func(c conformance.Case) bool { return !c.Emitted() }) {
						return usagef("--emit-cases: the last file is the one to write, and %s has vectors", out)
					}
				}
			}
			cases, err := readCases(c, files)
			if err != nil {
				return err
			}
			if emit {
				return writeOutput(c, out, func(w io.Writer) error { return conformance.Emit(w, cases) })
			}
			decide, end, err := conformanceEngine(c, by, moduleFile)
			if err != nil {
				return err
			}
			defer end()
			r := conformance.Run(cases, decide)
			if jsonFile != "" {
				if err := writeOutput(c, jsonFile, func(w io.Writer) error { return writeAnswers(w, cases, r.Results) }); err != nil {
					return err
				}
			}
			if err := r.Write(c.OutOrStdout()); err != nil {
				return err
			}
			if r.Total().Failed > 0 {
				return errReported
			}
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&by, "engine", "native", "the engine: native, or wazero, which runs the module")
	flags.StringVar(&moduleFile, "module", "", "the module that wazero runs (default: the one inside this binary)")
	flags.StringVar(&jsonFile, "json", "", "write the answers to this file, one JSON object per case")
	flags.BoolVar(&emit, "emit-cases", false, "write the cases as bytes to the last file, for hosts in other languages, and evaluate nothing")
	return c
}

// conformanceEngine returns the engine of this name, and what ends it.
func conformanceEngine(c *cobra.Command, name, moduleFile string) (decide conformance.Decide, end func(), err error) {
	switch {
	case name == "native" && moduleFile == "":
		return conformance.Native, func() {}, nil
	case name == "native":
		return nil, nil, usagef("--module is for --engine wazero")
	case name != "wazero":
		return nil, nil, usagef("--engine: %q is neither native nor wazero", name)
	}
	binary := wasm.Module()
	if moduleFile != "" {
		if binary, err = readInput(c, moduleFile); err != nil {
			return nil, nil, err
		}
	}
	m, err := openModule(c.Context(), binary)
	if err != nil {
		return nil, nil, err
	}
	return m.decide, func() { m.Close() }, nil
}

func readCases(c *cobra.Command, files []string) ([]conformance.Case, error) {
	if len(files) == 0 {
		return conformance.All()
	}
	var cases []conformance.Case
	for _, name := range files {
		data, err := readInput(c, name)
		if err != nil {
			return nil, err
		}
		more, err := conformance.Parse(filepath.Base(name), data)
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	if len(cases) == 0 {
		return nil, errors.New("there are no vectors in these files")
	}
	return cases, nil
}

// answer is a line of --json. Cases that are not about one decision have no answer in it.
type answer struct {
	File    string  `json:"file"`
	ID      int     `json:"id"`
	Enabled *bool   `json:"enabled"`
	Variant *string `json:"variant"`
	Score16 *int32  `json:"score16"` // null: there is no actor
}

type skipped struct {
	File    string `json:"file"`
	ID      int    `json:"id"`
	Skipped string `json:"skipped"`
}

func writeAnswers(w io.Writer, cases []conformance.Case, results []conformance.Result) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for i := range cases {
		c := &cases[i]
		if c.Skip != "" {
			if err := lines.Encode(skipped{c.File, c.ID, c.Skip}); err != nil {
				return err
			}
			continue
		}
		line := answer{File: c.File, ID: c.ID}
		if a := results[0].Answer; a != nil {
			line.Enabled, line.Variant = &a.Enabled, a.Variant
			if a.Score16 >= 0 {
				line.Score16 = &a.Score16
			}
		}
		results = results[1:]
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

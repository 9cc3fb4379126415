package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

// version is the release that this tree is, or becomes. The copies elsewhere are held by TestOneVersion.
const version = "0.2.0"

type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // with a + if files differed from it
	Go      string `json:"go"`
	Module  struct {
		SHA256 string `json:"sha256"`
		Bytes  int    `json:"bytes"`
	} `json:"module"`
}

func newVersion() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "What this binary is, and the hash of the engine module inside it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v := versionInfo{Version: version, Commit: commit(), Go: runtime.Version()}
			v.Module.SHA256 = wasm.SHA256()
			v.Module.Bytes = len(wasm.Module())
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(v)
			}
			fmt.Fprintf(c.OutOrStdout(), "gonfalon %s", v.Version)
			if v.Commit != "" {
				fmt.Fprintf(c.OutOrStdout(), " (%s)", v.Commit)
			}
			fmt.Fprintf(c.OutOrStdout(), " · %s\nengine.wasm %s, %d bytes\n", v.Go, v.Module.SHA256, v.Module.Bytes)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// commit is what the binary was built from, if the build knew.
func commit() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, changed string
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
}

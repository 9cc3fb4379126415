package main

import (
	"io"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

// version is the release that this tree is, or becomes. The copies elsewhere are held by TestOneVersion.
const version = "0.2.0"

// built is the commit of a release, which the linker sets: a release has no other trace of version control, so that
// the same commit gives the same bytes.
var built string

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
	var o output
	c := &cobra.Command{
		Use:     "version",
		Short:   "Show this binary's version, and the hash of the engine module inside it",
		Example: "  gonfalon version -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v := versionInfo{Version: version, Commit: commit(), Go: runtime.Version()}
			v.Module.SHA256 = wasm.SHA256()
			v.Module.Bytes = len(wasm.Module())
			return o.print(c, versionNoun(v))
		},
	}
	o.register(c)
	return c
}

func versionNoun(v versionInfo) noun {
	return noun{
		document: v, names: []string{v.Version},
		header: []string{"VERSION", "COMMIT", "GO", "MODULE", "BYTES"},
		rows:   [][]string{{v.Version, v.Commit, v.Go, v.Module.SHA256, strconv.Itoa(v.Module.Bytes)}},
		text: func(w io.Writer) error {
			commit := ""
			if v.Commit != "" {
				commit = " (" + v.Commit + ")"
			}
			return say(w, "gonfalon %s%s · %s\nengine.wasm %s, %d bytes\n", v.Version, commit, v.Go, v.Module.SHA256, v.Module.Bytes)
		},
	}
}

// commit returns what the binary was built from, if the build knew.
func commit() string {
	if built != "" {
		return built
	}
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

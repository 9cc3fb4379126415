package examples

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// A program without a server reads a compiled snapshot from a file, or carries one inside (go:embed) as Config.Bootstrap. Here
// another client's snapshot is that file; `gonfalon compile` makes one of YAML.
func TestOfflineFile(t *testing.T) {
	author := flagtest.New(t)
	author.Enable("dark_mode")
	path := filepath.Join(t.TempDir(), "flags.snapshot")
	if err := os.WriteFile(path, author.Snapshot(), 0o600); err != nil {
		t.Fatal(err)
	}

	flags, err := gonfalon.New(t.Context(), gonfalon.Config{Source: gonfalon.File(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer flags.Close()
	if !flags.Enabled("dark_mode") || flags.State() != gonfalon.Ready {
		t.Errorf("off, and %s", flags.State())
	}
}

package accessors

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// snapshotFile compiles the flags for the programs of testdata.
func snapshotFile(t *testing.T) string {
	t.Helper()
	data, problems := snapshot.Compile(snapshot.Header{Environment: "default"}, fixture(t), snapshot.Strict)
	if data == nil {
		t.Fatal(problems)
	}
	path := filepath.Join(t.TempDir(), "flags.snapshot")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// prints runs a program, and compares what it prints with what every language's program prints.
func prints(t *testing.T, dir string, args ...string) {
	t.Helper()
	want, err := os.ReadFile("testdata/expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	if said := run(t, dir, args...); said != string(want) {
		t.Errorf("%s: %s, want %s", args[0], said, want)
	}
}

// run runs a command, which must succeed, and returns its output.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = dir
	var failed strings.Builder
	c.Stderr = &failed
	said, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, said, failed.String())
	}
	return string(said)
}

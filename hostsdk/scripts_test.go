package hostsdk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// What make test, make hosts and the benchmarks call is there for each language, and says what it needs.
func TestScripts(t *testing.T) {
	for _, folder := range readSurface(t).languages {
		if slices.Contains([]string{"go", "js", "python"}, folder) {
			continue // they have runners of their own
		}
		if _, err := os.Stat(folder); err != nil {
			t.Errorf("there is no %s", folder)
			continue
		}
		for _, name := range []string{"test.sh", "conformance.sh", "differential.sh", "bench.sh"} {
			if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode()&0o100 == 0 {
				t.Errorf("%s/%s isn't there, or can't be run: %v", folder, name, err)
			}
		}
		for _, name := range []string{"README.md", "examples", "features.json", "surface.json"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil && (folder != "c" || name != "surface.json") { // C has no client
				t.Error(err)
			}
		}
		text, err := os.ReadFile(filepath.Join(folder, "test.sh"))
		if err == nil && !regexp.MustCompile(`(?m)^# Debian: [a-z0-9.+ -]+$`).Match(text) {
			t.Errorf("%s/test.sh doesn't name the packages that it needs, as # Debian: gcc make", folder)
		}
	}
}

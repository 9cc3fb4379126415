package engine_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports checks that nothing that the engine imports, directly or indirectly, reaches a clock, a disk, a network or randomness. It
// lists the engine's own imports, and searches theirs. The one exception is crypto/sha256 in native builds.
func TestImports(t *testing.T) {
	list := func(args ...string) []string {
		out, err := exec.Command("go", append([]string{"list"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Fields(string(out))
	}
	own := func(tags string) []string { return list("-tags", tags, "-f", `{{join .Imports "\n"}}`, ".") }
	module := own("gonfalon_module")
	if want := []string{"encoding/binary", "math", "math/bits", "unicode/utf8", "unsafe"}; !slices.Equal(module, want) {
		t.Errorf("the module's engine imports %v, want %v", module, want)
	}
	native := own("")
	if want := []string{"crypto/sha256", "encoding/binary", "math", "math/bits", "strconv", "strings", "unicode/utf8", "unsafe"}; !slices.Equal(native, want) {
		t.Errorf("the native engine imports %v, want %v", native, want)
	}
	for _, imported := range native {
		if imported == "crypto/sha256" {
			continue
		}
		for _, dep := range list("-deps", imported) {
			switch dep {
			case "os", "time", "syscall", "net", "context", "io/fs", "log", "math/rand", "math/rand/v2", "crypto/rand":
				t.Errorf("the engine reaches %s by %s", dep, imported)
			}
		}
	}
}

// Package c_test compares the C library's translation of the module with the module.
package c_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

func TestTranslatedFromTheModule(t *testing.T) {
	made, err := os.ReadFile("src/wasm2c/module.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(made)); got != wasm.SHA256() {
		t.Errorf("src/wasm2c is made from module %s, and wasm/engine.wasm is %s; to repair: hostsdk/c/translate.sh", got, wasm.SHA256())
	}
}

// Where the translator is, the translation is made anew and compared byte for byte.
func TestTranslationIsTheSame(t *testing.T) {
	const translatorIsMissing = 3
	out, err := exec.CommandContext(t.Context(), "./translate.sh", "--check").CombinedOutput()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && failed.ExitCode() == translatorIsMissing {
		t.Skip(strings.TrimSpace(string(out)))
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

//go:build mutants && unix

package mutants

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests that have to notice, quickest first.
var tests = [][]string{
	{"./analyse", "./emit", "./opt", "./rt", "./wasm", "./layout", "./ir"},
	{"./subset"},
	{"./torture"},
	{"./build"},
	{"./randprog", "-programs", "40", "-run", "TestPrograms"},
}

// patience is for one run of tests: a fault may make a program that never ends.
const patience = 3 * time.Minute

// TestMutants wants every fault noticed. A compiler that doesn't compile is no
// fault but a mistake in the list.
func TestMutants(t *testing.T) {
	caught := 0
	for _, m := range List {
		t.Run(m.Name, func(t *testing.T) {
			overlay := write(t, m)
			if out, err := run(overlay, "vet", "./build"); err != nil {
				t.Fatalf("doesn't compile: %v\n%s", err, out)
			}
			for _, args := range tests {
				out, err := run(overlay, append([]string{"test"}, args...)...)
				if err != nil {
					t.Logf("noticed by %s: %s", args[0], first(out))
					caught++
					return
				}
			}
			t.Errorf("nothing notices that %s", m.Name)
		})
	}
	t.Logf("%d of %d faults are noticed", caught, len(List))
}

// write makes an overlay in which the fault is there.
func write(t *testing.T, m Mutant) string {
	file, err := filepath.Abs("../" + m.File)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	faulty := filepath.Join(dir, "faulty.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: faulty}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{faulty: []byte(strings.Replace(string(text), m.From, m.To, 1)), filepath.Join(dir, "overlay.json"): overlay} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "overlay.json")
}

func run(overlay string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args = append([]string{args[0], "-overlay", overlay}, args[1:]...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = ".."
	// The go command's death alone would leave the test that it runs going on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// first is the first line that tells of a failure.
func first(out string) string {
	for _, l := range strings.Split(out, "\n") {
		if strings.Contains(l, "_test.go:") || strings.HasPrefix(l, "panic:") {
			return strings.TrimSpace(l[:min(len(l), 200)])
		}
	}
	return "timeout"
}

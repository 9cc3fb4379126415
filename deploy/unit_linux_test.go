package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstalled installs as make install does, and has systemd judge the unit as it is installed.
func TestInstalled(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "../scripts/install-command", t.TempDir(), "opt/gonfalon").CombinedOutput(); err == nil || !strings.Contains(string(out), "PREFIX is an absolute path") {
		t.Errorf("a relative prefix: %v %s", err, out)
	}
	for prefix, command := range map[string]string{"/opt/gonfalon": "/opt/gonfalon/bin/gonfalon", "/opt/my & 5%": `"/opt/my & 5%%/bin/gonfalon"`} {
		testInstalled(t, prefix, command)
	}
}

// testInstalled installs under a prefix, where the unit starts the command that is given.
func testInstalled(t *testing.T, prefix, command string) {
	t.Helper()
	to := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "../scripts/install-command", to, prefix).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	at := filepath.Join(to, prefix)
	if out, err := exec.CommandContext(t.Context(), filepath.Join(at, "bin/gonfalon"), "version").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for file, has := range map[string]string{
		"share/bash-completion/completions/gonfalon":    "complete ",
		"share/zsh/site-functions/_gonfalon":            "#compdef gonfalon",
		"share/fish/vendor_completions.d/gonfalon.fish": "complete -c gonfalon",
		"lib/systemd/system/gonfalon.service":           "\nExecStart=" + command + " serve ",
	} {
		text, err := os.ReadFile(filepath.Join(at, file))
		if err != nil || !strings.Contains(string(text), has) {
			t.Errorf("%s: %v; it doesn't have %q", file, err, has)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze")
	}
	unit := filepath.Join(at, "lib/systemd/system/gonfalon.service")
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	// What is verified names the command where DESTDIR has it.
	if err := os.WriteFile(unit, []byte(strings.Replace(string(text), "/opt", to+"/opt", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=20", unit).CombinedOutput(); err != nil {
		t.Errorf("the unit is exposed more than 2.0: %v\n%s", err, out)
	}
}

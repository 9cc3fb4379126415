package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDashboardOpens gives a browser, a script called xdg-open, a page that only the user can read, and no secret on its command line.
func TestDashboardOpens(t *testing.T) {
	s := serve(t, "--in-memory")
	bin := t.TempDir()
	seen := filepath.Join(bin, "seen")
	script := "#!/bin/sh\nstat -c '%a %U' \"$1\" > " + seen + ".mode\necho \"$@\" > " + seen + ".arguments\ncat \"$1\" > " + seen + ".page\nkill -INT $PPID\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	command := exec.Command(os.Args[0], "dashboard", "--open", "--endpoint", s.url, "--token", s.adminToken)
	command.Env = append(os.Environ(), asCommand+"=1")
	out, err := command.CombinedOutput() // it ends when the script interrupts it
	if err != nil {
		t.Fatal(err, string(out))
	}
	address := oncePattern.FindString(string(out))
	part := func(name string) string {
		data, err := os.ReadFile(seen + "." + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(data))
	}
	if address == "" || !strings.Contains(part("page"), `url=`+address+`"`) || strings.Contains(part("arguments"), "secret") || !strings.HasPrefix(part("mode"), "600 ") {
		t.Errorf("%s\n%s\n%s\n%s", out, part("page"), part("arguments"), part("mode"))
	}
	if _, err := os.Stat(part("arguments")); err == nil {
		t.Errorf("%s is still there", part("arguments"))
	}
	if err := os.Remove(filepath.Join(bin, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	s.run("dashboard", "--open").has(t, 0, "#secret=", "no browser could be opened", "open the address yourself")
	s.stop()
}

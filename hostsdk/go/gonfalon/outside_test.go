package gonfalon

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAProgramOutsideLinksNoServer builds a program in a module of its own that imports nothing but this package: it links no
// etcd, no echo and no wazero, and its go.mod names none of them. It asks no proxy: all that is needed is in the module cache
// of whoever can build this package.
func TestAProgramOutsideLinksNoServer(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/outside\n\ngo 1.26.0\n\nrequire github.com/gonfalon-flags/gonfalon v0.0.0\n\nreplace github.com/gonfalon-flags/gonfalon => " + root + "\n",
		"main.go": `package main

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

func main() {
	flags, err := gonfalon.New(context.Background(), gonfalon.Config{LastGood: "nowhere", ReadyWithin: -1})
	if err != nil {
		panic(err)
	}
	defer flags.Close()
	fmt.Println(flags.Enabled("new_checkout", gonfalon.For("user:42"), gonfalon.Default(true)), flags.State())
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
		var problems bytes.Buffer
		command.Stderr = &problems
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, problems.Bytes())
		}
		return string(out)
	}
	run("go", "mod", "tidy")
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "outside")
	run("go", "build", "-o", program, ".")
	linked := run("go", "list", "-deps", ".") + run("go", "version", "-m", program)
	for _, server := range []string{"go.etcd.io", "labstack", "wazero", "engine/flagset", "engine/snapshot", "controlplane", "google.golang.org"} {
		if strings.Contains(string(mod), server) {
			t.Errorf("its go.mod names %s:\n%s", server, mod)
		}
		if strings.Contains(linked, server) {
			t.Errorf("it links %s:\n%s", server, linked)
		}
	}
	if got := run(program); got != "true NOT_READY\n" {
		t.Errorf("it says %q", got)
	}
}

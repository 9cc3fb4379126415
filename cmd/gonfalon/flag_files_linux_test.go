package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFilesBelow reads the files of directories, and passes over none that may have flags: they would be pruned.
func TestFilesBelow(t *testing.T) {
	dir := folder(t, map[string]string{"flags/a.yaml": "flags: [{key: a}]\n", "flags/.hidden/h.yaml": "x", "flags/read.me": "", "other/b.yaml": "flags: [{key: b}]\n"})
	link := func(to, name string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	linked := link("flags", "linked")
	link("../other/b.yaml", "flags/c.yaml")
	for _, name := range []string{filepath.Join(dir, "flags"), linked} {
		names, err := filesBelow(name)
		if want := filepath.Join(name, "a.yaml") + " " + filepath.Join(name, "c.yaml"); err != nil || strings.Join(names, " ") != want {
			t.Errorf("%s: %q %v", name, names, err)
		}
	}
	for _, c := range []struct {
		make func() string
		says string
	}{
		{func() string { return link("../other", "flags/other") }, "is a link to a directory"},
		{func() string { return link("nowhere", "flags/gone.yaml") }, "no such file"},
		{func() string {
			path := filepath.Join(dir, "flags/pipe.yaml")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, "is no regular file"},
	} {
		path := c.make()
		if _, err := filesBelow(linked); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", path, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestInputIsBounded gives every verb that reads a file one that never ends, and a pipe that says nothing until the command is
// interrupted.
func TestInputIsBounded(t *testing.T) {
	const endless = "/dev/zero"
	gonfalonWith(t, strings.Repeat("#", maxInput+1), "lint", "-").has(t, 2, "has more than 64 MiB")
	none := file(t, "none.yaml", "flags: []")
	t.Setenv("GONFALON_TOKEN", "x")
	for _, line := range []string{
		"lint FILE", "lint --owners FILE " + none, "compile FILE -o -", "generate go FILE", "generate go --check --output FILE " + none,
		"diff FILE " + none, "diff FILE", "apply -f FILE", "import FILE", "flags put FILE", "segments put FILE", "eval --snapshot FILE f",
		"conformance FILE", "conformance --engine wazero --module FILE", "--config FILE version", "flags list --endpoint https://127.0.0.1:1 --ca-cert FILE",
	} {
		gonfalon(t, strings.Fields(strings.ReplaceAll(line, "FILE", endless))...).has(t, 2, endless+" has more than 64 MiB")
	}
	gonfalon(t, "restore", endless, "--dry-run").has(t, 1, endless, "not a backup")
	zero, err := os.Open(endless)
	if err != nil {
		t.Fatal(err)
	}
	defer zero.Close()
	t.Setenv("GONFALON_TOKEN", "") // it is asked of standard input
	var said bytes.Buffer
	if code := run(t.Context(), []string{"login", serve(t, "--in-memory").url}, zero, &said, &said); code != exitTrouble || !strings.Contains(said.String(), "is no token") {
		t.Errorf("%d %s", code, &said)
	}
	pipe := filepath.Join(t.TempDir(), "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithTimeout(t.Context(), 100*time.Millisecond) // it waits for ever otherwise
	defer interrupt()
	var out bytes.Buffer
	if code := run(ctx, []string{"lint", pipe}, strings.NewReader(""), &out, &out); code != exitTrouble || !strings.Contains(out.String(), "interrupted while reading "+pipe) {
		t.Errorf("%d %s", code, &out)
	}
	// The read ends when somebody writes; it may only begin now.
	w, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	for deadline := time.Now().Add(20 * time.Second); errors.Is(err, syscall.ENXIO) && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w, err = os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ctrl-C, or one SIGTERM of a supervisor, ends a verb also where nothing can end what it waits for.
func TestAPipeWithoutAnotherEnd(t *testing.T) {
	flags := file(t, "flags.yaml", "flags: [{key: a}]")
	for _, args := range [][]string{
		{"generate", "go", flags, "-o"}, {"flags", "list", "--config"},
		{"flags", "list", "--token", "a", "--endpoint", "https://127.0.0.1:1", "--ca-cert"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "pipe") // which nobody else opens
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			c := exec.Command(os.Args[0], append(args, pipe)...)
			c.Env = append(os.Environ(), asCommand+"=1")
			var says strings.Builder
			c.Stderr = &says
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			for deadline := time.Now().Add(10 * time.Second); !opensPipe(c.Process.Pid) && time.Now().Before(deadline); {
				select {
				case <-ended:
					t.Fatalf("it ended before: %s", says.String())
				case <-time.After(20 * time.Millisecond):
				}
			}
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
			case <-time.After(interruptPatience + 10*time.Second):
				_ = c.Process.Kill()
				t.Fatal("it goes on")
			}
			if code := c.ProcessState.ExitCode(); code != exitTrouble || !strings.Contains(says.String(), "interrupted") {
				t.Errorf("exit status %d: %s", code, says.String())
			}
		})
	}
}

// opensPipe reports whether a process waits for the other end of a pipe that it opens. Some systems don't tell.
func opensPipe(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/wchan", pid))
	return slices.ContainsFunc(threads, func(path string) bool {
		at, _ := os.ReadFile(path)
		return string(at) == "wait_for_partner"
	})
}

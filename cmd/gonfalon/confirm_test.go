package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// person is who sits before a terminal: it waits for the question, then does something.
type person struct {
	sync.Mutex
	bytes.Buffer
	asked chan struct{}
	once  sync.Once
}

func (p *person) Write(text []byte) (int, error) {
	p.Lock()
	defer p.Unlock()
	if bytes.Contains(text, []byte("[y/N]")) {
		p.once.Do(func() { close(p.asked) })
	}
	return p.Buffer.Write(text)
}

// prompted runs the command, and does something once it asks. It returns the exit status.
func prompted(t *testing.T, stdin io.Reader, do func(interrupt func()), args ...string) (int, string) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	p := &person{asked: make(chan struct{})}
	code := make(chan int)
	go func() { code <- run(ctx, args, stdin, p, p) }()
	select {
	case <-p.asked:
	case c := <-code:
		t.Fatalf("it ended with %d without asking: %s", c, p)
	}
	do(interrupt)
	return <-code, p.String()
}

func TestAPromptWaits(t *testing.T) {
	s := serve(t, "--in-memory")
	args := []string{"flags", "enable", "new_checkout", "--preview", "--endpoint", s.url, "--token", s.adminToken}

	// An interrupt ends it at once, although nothing is typed.
	silent, keep := io.Pipe()
	defer keep.Close()
	if code, said := prompted(t, silent, func(interrupt func()) { interrupt() }, args...); code != 1 || !strings.Contains(said, "nothing was written") {
		t.Errorf("%d %s", code, said)
	}
	s.run("flags", "get", "new_checkout").has(t, 0, "partial")

	// A person may take longer than any request.
	slow, typed := io.Pipe()
	const timeout = time.Second
	late := func(func()) {
		time.Sleep(timeout + timeout/10)
		fmt.Fprintln(typed, "y")
	}
	if code, said := prompted(t, slow, late, append(args, "--timeout", timeout.String())...); code != 0 || !strings.Contains(said, "new_checkout is on") {
		t.Errorf("%d %s", code, said)
	}
	s.stop()
}

// On a terminal, a deletion asks. A script isn't asked.
func TestDeletionsAsk(t *testing.T) {
	s := serve(t, "--in-memory")
	for _, c := range []struct {
		answer string
		code   int
	}{{"n\n", 1}, {"\n", 1}, {"y\n", 0}} {
		master, terminal := openTerminal(t)
		s.run("flags", "enable", "doomed").must(t)
		answer := func(func()) { fmt.Fprint(master, c.answer) }
		args := []string{"flags", "delete", "doomed", "--endpoint", s.url, "--token", s.adminToken}
		if code, said := prompted(t, terminal, answer, args...); code != c.code || !strings.Contains(said, "Delete doomed from default?") {
			t.Errorf("%q: %d %s", c.answer, code, said)
		}
		var out bytes.Buffer
		s.run("envs", "create", "e").must(t)
		for _, unasked := range [][]string{{"envs", "delete", "e", "--yes"}, {"flags", "delete", "new_checkout", "--dry-run"}} {
			if code := run(t.Context(), append(unasked, args[3:]...), terminal, &out, &out); code != 0 {
				t.Errorf("%v: %s", unasked, &out)
			}
		}
	}
	s.stop()
}

// openTerminal opens a pseudo-terminal: what is typed at the master is read from the terminal.
func openTerminal(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	number, unlocked := 0, 0
	for request, value := range map[uintptr]*int{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(value))); failed != 0 {
			t.Fatal(failed)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return master, terminal
}

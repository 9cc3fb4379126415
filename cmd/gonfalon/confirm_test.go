package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
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
	if bytes.Contains(text, []byte("[y/N]")) || bytes.HasPrefix(text, []byte("Token for")) {
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
	const timeout = 5 * time.Second
	late := func(func()) {
		time.Sleep(timeout + timeout/10)
		fmt.Fprintln(typed, "y")
	}
	if code, said := prompted(t, slow, late, append(args, "--timeout", timeout.String())...); code != 0 || !strings.Contains(said, "new_checkout is on") {
		t.Errorf("%d %s", code, said)
	}
	s.stop()
}

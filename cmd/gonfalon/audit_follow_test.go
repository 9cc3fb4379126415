package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// TestAuditFollows follows an environment while flags and hosts change, until it is interrupted.
func TestAuditFollows(t *testing.T) {
	s := serve(t, "--in-memory")
	out, in := io.Pipe()
	root := newRoot()
	root.SetArgs([]string{"audit", "--follow", "--endpoint", s.url, "--token", s.adminToken})
	root.SetOut(in)
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := root.ExecuteContext(ctx)
		in.CloseWithError(io.EOF)
		ended <- err
	}()
	lines := bufio.NewScanner(out)
	until := func(parts ...string) {
		t.Helper()
		for lines.Scan() {
			has := true
			for _, part := range parts {
				has = has && strings.Contains(lines.Text(), part)
			}
			if has {
				return
			}
		}
		t.Fatalf("no line has %q", parts)
	}
	until("default is at revision")
	s.run("flags", "kill", "new_checkout", "--reason", "it answers 502").must(t)
	until(" default ", " flag.kill new_checkout by ", " · it answers 502")
	reportHost(t, s, api.HostReport{ID: "h1", SDK: "go", Revision: 1000})
	until("1 of 1 host serves the newest revision")
	interrupt()
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	s.stop()
}

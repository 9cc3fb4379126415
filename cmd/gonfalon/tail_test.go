package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
)

// follower is a verb that goes on until it is interrupted.
type follower struct {
	t         *testing.T
	lines     *bufio.Scanner
	remarks   *journal
	interrupt context.CancelFunc
	out       *os.File
	ended     chan int
}

// start runs a verb on a server.
func (s *server) start(args ...string) *follower {
	s.t.Helper()
	out, in, err := os.Pipe() // which has room for lines that the test reads later: the verb goes on meanwhile
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { out.Close() })
	ctx, interrupt := context.WithCancel(s.t.Context())
	r := &follower{s.t, bufio.NewScanner(out), new(journal), interrupt, out, make(chan int, 1)}
	go func() {
		code := run(ctx, append(args, "--endpoint", s.url, "--token", s.adminToken), strings.NewReader(""), in, r.remarks)
		in.Close()
		r.ended <- code
	}()
	return r
}

// until reads lines until one has all the parts, and returns it.
func (r *follower) until(parts ...string) string {
	r.t.Helper()
	for r.lines.Scan() {
		has := true
		for _, part := range parts {
			has = has && strings.Contains(r.lines.Text(), part)
		}
		if has {
			return r.lines.Text()
		}
	}
	r.t.Fatalf("no line has %q; it said %s", parts, r.remarks)
	return ""
}

// says waits until it has said something about the connection.
func (r *follower) says(s *server, part string) {
	r.t.Helper()
	s.within(recovering+lastPause, "saying "+part, func() bool { return strings.Contains(r.remarks.String(), part) })
}

// stop interrupts it.
func (r *follower) stop() {
	r.t.Helper()
	r.interrupt()
	go func() { _, _ = io.Copy(io.Discard, r.out) }()
	if code := <-r.ended; code != 0 {
		r.t.Errorf("exit status %d: %s", code, r.remarks)
	}
}

// kill ends the server as a crash does.
func (s *server) kill() {
	_ = s.command.Process.Signal(syscall.SIGKILL)
	<-s.rest
	_ = s.command.Wait()
}

// again starts a killed server at the same address.
func (s *server) again(dir string) *server {
	s.t.Helper()
	address, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	next := serve(s.t, "--data-dir", dir, "--listen", address.Host)
	next.adminToken = s.adminToken
	return next
}

// TestTailOverRestarts follows an environment while its server is killed again and again. Every change is told once, in order.
func TestTailOverRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data-dir", dir, "--listen", freeAddress(t))
	s.run("flags", "enable", "f").must(t)
	audit := s.start("audit", "--follow", "--action", "flag", "-o", "json")
	watch := s.start("watch", "f")
	audit.says(s, "default is at revision")
	watch.says(s, "default is at revision")
	var last int64
	for round := range 3 {
		s.run("flags", "enable", "f", "--actor", fmt.Sprintf("before-%d", round)).must(t)
		if round == 1 {
			s.stop() // as a deployment does
		} else {
			s.kill()
		}
		audit.says(s, "cut off from "+s.url)
		s = s.again(dir)
		s.run("flags", "enable", "f", "--actor", fmt.Sprintf("after-%d", round)).must(t)
		s.run("flags", "enable", "other", "--actor", fmt.Sprintf("after-%d", round)).must(t)
		for _, want := range []string{"before", "after", "after"} {
			var e api.AuditEntry
			if err := json.Unmarshal([]byte(audit.until("{")), &e); err != nil {
				t.Fatal(err)
			}
			if last > 0 && e.Revision != last+1 || len(e.Changes) == 0 || !strings.Contains(strings.Join(e.Changes[0].Lines, ""), fmt.Sprintf("%s-%d", want, round)) {
				t.Fatalf("round %d: after revision %d came %+v", round, last, e)
			}
			last = e.Revision
			if e.Key == "f" {
				if line := watch.until("f"); !strings.Contains(line, fmt.Sprintf("  %d  ", e.Revision)) || !strings.Contains(line, fmt.Sprintf("+ actor/%s-%d on", want, round)) {
					t.Errorf("watch says %q of %+v", line, e)
				}
			}
		}
		audit.says(s, "back at "+s.url)
	}
	audit.stop()
	watch.stop()
	s.stop()
}

// TestTailWithoutStore follows an environment while its store is killed.
func TestTailWithoutStore(t *testing.T) {
	store := etcdtest.StartProcess(t)
	s := serve(t, "--etcd-endpoints", store.Endpoint())
	r := s.start("watch", "--since", "1h", "-o", "json")
	r.until(`"revision":1,`)
	s.run("flags", "enable", "f").must(t)
	r.until(`"key":"f"`)
	store.Kill()
	s.degrades("the store has not answered")
	store.Restart()
	s.within(recovering, "following the store again", func() bool { return s.get("/readyz").has(`"status":"ready"`) })
	s.run("flags", "kill", "f", "--reason", "once").must(t)
	if line := r.until(`"revision"`); !strings.Contains(line, `"reason":"once"`) {
		t.Errorf("then came %s", line)
	}
	r.stop()
	s.stop()
}

// What goes wrong for good ends it.
func TestTailEnds(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("envs", "create", "doomed").must(t)
	r := s.start("watch", "--env", "doomed")
	r.says(s, "doomed is at revision")
	s.run("envs", "delete", "doomed", "--yes").must(t)
	if code := <-r.ended; code != 1 || !strings.Contains(r.remarks.String(), "doomed") {
		t.Errorf("%d %s", code, r.remarks)
	}
	s.run("watch", "new_chekout").has(t, 1, `did you mean "new_checkout"?`)
	s.run("watch", "new_checkout", "nothing_like_it").has(t, 1, `there is no flag "nothing_like_it" in default`)
	s.run("watch", "-o", "jsn").has(t, 2, `did you mean "json"?`)
	s.run("audit", "--follow", "--limit", "3").has(t, 2, "--limit")
	s.stop()
}

// The audit of an environment and the hosts that serve it.
func TestAuditFollows(t *testing.T) {
	s := serve(t, "--in-memory")
	r := s.start("audit", "--follow")
	r.says(s, "default is at revision")
	s.run("flags", "kill", "new_checkout", "--reason", "it answers 502").must(t)
	r.until(" default ", " flag.kill new_checkout by ", " · it answers 502")
	reportHost(t, s, api.HostReport{ID: "h1", SDK: "go", Revision: 1000})
	r.until("1 of 1 host serves the newest revision")
	r.stop()
	s.stop()
}

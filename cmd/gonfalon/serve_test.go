package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/internal/freeport"
)

// server is a running gonfalon serve, a process of its own.
type server struct {
	t                    *testing.T
	command              *exec.Cmd
	url                  string
	adminToken, tryToken string // as it printed them; "": it printed none
	greeting             string
	rest                 chan string // what it printed after that, once it has ended
	logs                 *journal
}

// journal is what a process has logged, which can be read while it runs.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

var (
	urlPattern   = regexp.MustCompile(`API +(https?://[^ ]+)/v1`)
	adminPattern = regexp.MustCompile(`gfn_admin_[A-Z0-9]+`)
	greeted      = regexp.MustCompile(`(?m)^ .*-d '|/v1/envs -H `)
	tryPattern   = regexp.MustCompile(`Bearer ([^"]+)"`)
)

// serve starts the command on a free port, and waits until it has said where it is.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, logs: new(journal), rest: make(chan string, 1)}
	s.command = exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	s.command.Env = append(os.Environ(), asCommand+"=1")
	s.command.Stderr = s.logs
	out, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.command.ProcessState == nil {
			_ = s.command.Process.Kill()
			<-s.rest
			_ = s.command.Wait()
		}
	})
	lines := bufio.NewReader(out)
	for !greeted.MatchString(s.greeting) {
		line, err := lines.ReadString('\n')
		s.greeting += line
		if err != nil {
			s.rest <- ""
			_ = s.command.Wait()
			t.Fatalf("serve ended: %v\n%s%s", err, s.greeting, s.logs)
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		s.rest <- string(rest)
	}()
	s.url = urlPattern.FindStringSubmatch(s.greeting)[1]
	s.adminToken = adminPattern.FindString(s.greeting)
	s.tryToken = tryPattern.FindStringSubmatch(s.greeting)[1]
	return s
}

// freeAddress returns an address for a server that has to listen there once more.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", port)
}

// stop interrupts the server as Ctrl-C does, and sees that it ends well.
func (s *server) stop() {
	s.t.Helper()
	if err := s.command.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	rest := <-s.rest
	if err := s.command.Wait(); err != nil || !strings.HasSuffix(rest, "stopped\n") {
		s.t.Fatalf("after an interrupt: %v\n%s\n%s", err, rest, s.logs)
	}
}

// run is a verb of the command on this server.
func (s *server) run(args ...string) result {
	s.t.Helper()
	return gonfalon(s.t, append(args, "--endpoint", s.url, "--token", s.adminToken)...)
}

// try evaluates the example flag as the greeting says; the answer's value is nil if there is none.
func (s *server) try(token string) (status int, value any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	body := strings.NewReader(`{"context": {"targetingKey": "user:3", "groups": ["staff"]}}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/ofrep/v1/evaluate/flags/new_checkout", body)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Value any }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil && response.StatusCode == http.StatusOK {
		s.t.Fatal(err)
	}
	return response.StatusCode, answer.Value
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my data")
	first := serve(t, "--data-dir", dir)
	for _, part := range []string{"embedded etcd in " + dir, "new_checkout: on for group staff", "tokens create --data-dir '" + dir + "'"} {
		if !strings.Contains(first.greeting, part) {
			t.Errorf("%q is not in the greeting:\n%s", part, first.greeting)
		}
	}
	if status, value := first.try(first.tryToken); status != 200 || value != true {
		t.Errorf("the example flag answers %d %v", status, value)
	}
	if status, _ := first.try("gfn_client_WRONG"); status != 401 {
		t.Errorf("a wrong token answers %d", status)
	}
	first.run("flags", "list").has(t, 0, "new_checkout", "partial", "1 of 1 flag")
	first.run("flags", "enable", "mine", "--reason", "to find it again").has(t, 0, "mine is on")

	// Nobody else may use the directory meanwhile.
	gonfalon(t, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir).has(t, 2, "is gonfalon serve running on it?")
	gonfalon(t, "tokens", "list", "--data-dir", dir).has(t, 2, "is gonfalon serve running on it?")
	first.stop()

	second := serve(t, "--data-dir", dir)
	if second.adminToken != "" || strings.Contains(second.greeting, "a flag ") {
		t.Errorf("the second start is greeted like the first:\n%s", second.greeting)
	}
	second.adminToken = first.adminToken
	if status, value := second.try(first.tryToken); status != 200 || value != true {
		t.Errorf("after a restart the example flag answers %d %v", status, value)
	}
	second.run("flags", "history", "mine").has(t, 0, "to find it again")
	second.run("flags", "delete", "new_checkout").must(t)
	second.stop()

	third := serve(t, "--data-dir", dir)
	third.adminToken = first.adminToken
	third.run("flags", "list").has(t, 0, "mine", "1 of 1 flag")
	third.stop()
}

func TestServeInMemory(t *testing.T) {
	t.Setenv("GONFALON_ADMIN_TOKEN", "a-token-of-my-own")
	s := serve(t, "--in-memory", "--log-format", "json", "--log-level", "debug")
	if s.adminToken != "" || strings.Contains(s.greeting, "a-token-of-my-own") {
		t.Errorf("the greeting tells a token that was given:\n%s", s.greeting)
	}
	s.adminToken = "a-token-of-my-own"
	s.run("flags", "get", "new_checkout").has(t, 0, "partial", "target: staff")
	if status, value := s.try(s.tryToken); status != 200 || value != true {
		t.Errorf("the example flag answers %d %v", status, value)
	}
	s.stop()
	for _, line := range strings.Split(strings.TrimSpace(s.logs.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("a log line is not JSON: %s", line)
		}
	}
}

func TestServeWithoutSeed(t *testing.T) {
	s := serve(t, "--in-memory", "--seed=false", "--listen", "0.0.0.0:0")
	if strings.Contains(s.greeting, "new_checkout") || strings.Contains(s.greeting, "lost?") || !strings.Contains(s.greeting, "http://127.0.0.1:") {
		t.Errorf("the greeting tells of what isn't there:\n%s", s.greeting)
	}
	s.run("flags", "list").has(t, 0, "0 of 0 flags")
	s.stop()
}

func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		code int
		args []string
		says string
	}{
		{2, []string{"--listen", taken.Addr().String()}, "address already in use"},
		{2, []string{"--listen", "nowhere"}, "missing port"},
		{2, []string{"--log-level", "loud"}, "--log-level"},
		{2, []string{"--log-format", "xml"}, "--log-format"},
		{2, []string{"--listen", "127.0.0.1:0", "--tls-cert", "missing.pem"}, "missing.pem"},
		{2, []string{"--listen", "127.0.0.1:0", "--admin-token", "short"}, "--admin-token: a secret has 16"},
		{2, []string{"--listen", "127.0.0.1:0", "--etcd-endpoints", "http://127.0.0.1:1", "--etcd-ca", "missing.pem"}, "missing.pem"},
		{2, []string{"more"}, "usage"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			gonfalon(t, append([]string{"serve", "--in-memory=" + yes(!strings.Contains(strings.Join(c.args, " "), "etcd"))}, c.args...)...).has(t, c.code, c.says)
		})
	}
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// configured is a server with a file of settings that changes.
type configured struct {
	*server
	path string
}

// configure starts a server whose file has these settings.
func configure(t *testing.T, settings string, args ...string) *configured {
	t.Helper()
	path := file(t, "gonfalon.yaml", settings)
	return &configured{serve(t, append([]string{"--in-memory", "--config", path}, args...)...), path}
}

// write puts other settings into the file, whole, since the server may read it at any time.
func (s *configured) write(settings string) {
	s.t.Helper()
	if err := os.Rename(file(s.t, "next.yaml", settings), s.path); err != nil {
		s.t.Fatal(err)
	}
}

// hangUp sends SIGHUP.
func (s *configured) hangUp() {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// call sends a request, and returns the answer and the first bytes of its body. Headers are pairs.
func (s *configured) call(method, path string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	s.t.Cleanup(cancel) // not before, since a stream stays open
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader("{}"))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.adminToken)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	body := make([]byte, 4096)
	n, _ := answer.Body.Read(body)
	return answer, string(body[:n])
}

// until waits until a request has the status.
func (s *configured) until(status int, method, path string) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		answer, body := s.call(method, path)
		answer.Body.Close()
		if answer.StatusCode == status {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s %s still answers %d %s", method, path, answer.StatusCode, body)
		}
	}
}

const (
	bulkPath   = "/ofrep/v1/evaluate/flags"
	streamPath = "/v1/envs/default/stream"
)

// effects checks that each setting which can change takes effect in a server that runs. Each gets the server after it
// has read the new value. A setting with nil has a test of its own below.
var effects = map[string]struct {
	value string
	check func(*configured)
}{
	"allow-origins": {"[https://shop.example]", func(s *configured) {
		if answer, _ := s.call("POST", bulkPath, "Origin", "https://shop.example"); answer.Header.Get("Access-Control-Allow-Origin") == "" {
			s.t.Error("the page may not call")
		}
	}},
	"public-url": {"https://flags.example/api", func(s *configured) {
		if _, body := s.call("POST", bulkPath); !strings.Contains(body, "https://flags.example") || !strings.Contains(body, "/api/ofrep/") {
			s.t.Error(body)
		}
	}},
	"trusted-proxies": {"[127.0.0.1]", func(s *configured) {
		if _, body := s.call("POST", bulkPath, "X-Forwarded-Prefix", "/behind"); !strings.Contains(body, "/behind/ofrep/") {
			s.t.Error(body)
		}
	}},
	"max-streams": {"1", func(s *configured) {
		for _, want := range []int{200, 503} {
			if answer, body := s.call("GET", streamPath); answer.StatusCode != want {
				s.t.Errorf("%d %s, want %d", answer.StatusCode, body, want)
			}
		}
	}},
	"max-event-streams": {"1", func(s *configured) {
		_, bulk := s.call("POST", bulkPath)
		_, channel, _ := strings.Cut(bulk, `"requestUri":"`)
		channel, _, _ = strings.Cut(channel, `"`)
		for _, want := range []int{200, 503} {
			if answer, body := s.call("GET", channel); answer.StatusCode != want {
				s.t.Errorf("%d %s, want %d", answer.StatusCode, body, want)
			}
		}
	}},
	"webhooks-allow-private": {"true", func(s *configured) {
		receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.t.Cleanup(receiver.Close)
		id, _, _ := strings.Cut(s.run("webhooks", "create", "here", receiver.URL).must(s.t), "\n")
		s.run("webhooks", "test", id).must(s.t)
		s.write("")
		s.run("reload").must(s.t)
		s.run("webhooks", "test", id).has(s.t, 2, "not public")
	}},
	"dashboard-read-only":  {"true", shows(`"read_only":true`)},
	"dashboard-production": {"[def*]", shows(`"production":["default"]`)},
	"dashboard-colors":     {"[default=#1f6f8b]", shows(`"colors":{"default":"#1f6f8b"}`)},
	"dashboard-banner":     {"a copy", shows(`"banner":"a copy"`)},
	"dashboard-actor-url":  {"https://shop.example/{actor}", shows(`"actor_url":"https://shop.example/{actor}"`)},
	"log-level":            {value: "debug"},
	"rate-limit":           {value: "0.001"},
	"rate-burst":           {value: "7"},
	"audit-retention":      {value: "24h0m0s"},
	"tls-cert":             {},
	"tls-key":              {},
	"tls-client-ca":        {},
}

// shows checks what the dashboard shows to everybody.
func shows(part string) func(*configured) {
	return func(s *configured) {
		if _, body := s.call("GET", "/v1/session"); !strings.Contains(body, part) {
			s.t.Errorf("%s is not in %s", part, body)
		}
	}
}

// TestEachSettingSaysWhenItChanges checks that each setting of serve either takes effect at once, as a test here shows,
// or says why it needs a restart.
func TestEachSettingSaysWhenItChanges(t *testing.T) {
	seen := map[string]bool{}
	newServe().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[isSetting] == nil {
			return
		}
		seen[f.Name] = true
		_, tested := effects[f.Name]
		switch _, waits := atRestart[f.Name]; {
		case f.Annotations[isLive] != nil && (!tested || waits):
			t.Errorf("--%s is among the settings of live: give it a row in effects, and none in atRestart", f.Name)
		case f.Annotations[isLive] == nil && (!waits || tested):
			t.Errorf("--%s is not among the settings of live: say in atRestart why it needs a restart", f.Name)
		}
	})
	for name := range atRestart {
		if !seen[name] {
			t.Errorf("atRestart has %s, which is no setting", name)
		}
	}
}

// TestReload changes settings of one server, and asks it to read them again.
func TestReload(t *testing.T) {
	s := configure(t, "")
	s.run("reload").has(t, 0, "no setting differs")
	for name, c := range effects {
		if c.check == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			within := *s
			within.server = &server{t: t, command: s.command, url: s.url, adminToken: s.adminToken}
			within.write(name + ": " + c.value + "\n")
			within.run("reload", "--dry-run").has(t, 0, name+" would be", "nothing was changed")
			within.run("reload", "-o", "name").has(t, 0, name)
			within.run("reload", "--dry-run").has(t, 0, "no setting differs")
			c.check(&within)
			within.write("")
			within.run("reload").must(t)
		})
	}
	s.write("audit-retention: 24h\nlog-level: debug\nreplica: other\nlisten: 127.0.0.1:1\n")
	for range 2 { // what needs a restart is named until there is one
		got := s.run("reload").must(t)
		if !strings.Contains(got, `replica needs a restart to be "other", is "": the replica has its name in the store`) {
			t.Error(got)
		}
		if strings.Contains(got, "listen") {
			t.Errorf("the command line counts no more: %s", got)
		}
	}
	s.call("GET", "/healthz") // which is logged for debugging only
	s.stop()
	for _, part := range []string{"a changed setting needs a restart", `setting=log-level before=info after=debug`, "level=DEBUG"} {
		if !strings.Contains(s.logs.String(), part) {
			t.Errorf("%q is not in the log:\n%s", part, s.logs)
		}
	}
}

// TestHangUp checks that SIGHUP changes the limits of a server, also there and back where they let nobody ask for it.
func TestHangUp(t *testing.T) {
	s := configure(t, "rate-limit: 0.001\nrate-burst: 1\n")
	s.until(429, "GET", "/v1/envs")
	s.run("reload").has(t, 2, "Too many")
	s.write("rate-limit: 0.001\nrate-burst: 7\n")
	s.hangUp()
	s.until(200, "GET", "/v1/envs")
	s.until(429, "GET", "/v1/envs")
	s.write("")
	s.hangUp()
	s.until(200, "GET", "/v1/envs")
	for range 10 {
		s.run("reload").has(t, 0, "no setting differs")
	}
	s.stop()
}

// TestReloadRefuses checks that settings of which one makes no sense change nothing.
func TestReloadRefuses(t *testing.T) {
	s := configure(t, "rate-limit: 1000\n")
	for _, c := range []struct{ settings, says string }{
		{"rate-limit: 5\nlog-level: loud\n", `log-level: "loud"`},
		{"rate-limit: 5\nlog-format: xml\n", `log-format: "xml"`}, // of those that need a restart too
		{"rate-limit: 5\nmax-streams: -5\n", `the file's max-streams: "-5"`},
		{"rate-limit: 5\nlistn: x\n", `"listn", which is not a setting`},
		{"rate-limit: 5\ndashboard-path: /v1\n", `dashboard-path: "/v1"`},
		{"rate-limit: 5\nallow-origins: [shop]\n", `allow-origins: "shop"`},
		{"rate-limit: 5\ntls-cert: missing.pem\n", "missing.pem"},
		{"rate-limit: 5\nlisten: {port: 1}\n", "line 2: listen is neither a value nor a list"},
		{"rate-limit: [\n", "gonfalon.yaml"},
	} {
		s.write(c.settings)
		s.run("reload", "--dry-run").has(t, 1, c.says)
		s.run("reload").has(t, 1, c.says)
		s.hangUp()
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	s.run("reload").has(t, 1, "gonfalon.yaml")
	s.write("rate-limit: 1000\n")
	s.run("reload").has(t, 0, "no setting differs")
	s.stop()
	if !strings.Contains(s.logs.String(), "the settings can't be read again, nothing was changed") {
		t.Errorf("the log doesn't say so:\n%s", s.logs)
	}
}

// TestReloadTLS changes the certificate and the authority of the callers' certificates, and tries to end TLS.
func TestReloadTLS(t *testing.T) {
	first, firstKey := selfSigned(t)
	second, secondKey := selfSigned(t)
	s := configure(t, "tls-cert: "+first+"\ntls-key: "+firstKey+"\n")
	with := func(ca string, args ...string) result { return s.run(append(args, "--ca-cert", ca)...) }
	with(first, "flags", "list").must(t)
	s.write("tls-cert: " + second + "\ntls-key: " + secondKey + "\ntls-client-ca: " + first + "\n")
	with(first, "reload").has(t, 0, "tls-cert is now", "tls-key is now", "tls-client-ca is now")
	with(second, "flags", "list", "--client-cert", first, "--client-key", firstKey).must(t)
	with(second, "flags", "list").has(t, 2, "does not answer") // as it has none to show
	with(first, "flags", "list", "--client-cert", first, "--client-key", firstKey).has(t, 2, "certificate")

	s.write("")
	with(second, "reload", "--client-cert", first, "--client-key", firstKey).has(t, 0, "tls-cert needs a restart", "begins and ends with the listener")
	with(second, "flags", "list", "--client-cert", first, "--client-key", firstKey).must(t)
	s.stop()

	plain := configure(t, "")
	plain.write("tls-cert: " + first + "\ntls-key: " + firstKey + "\n")
	plain.run("reload").has(t, 0, "tls-cert needs a restart")
	plain.run("flags", "list").must(t)
	plain.stop()
}

// TestReloadRenewedCertificate checks that a certificate which was renewed in its file is served at once.
func TestReloadRenewedCertificate(t *testing.T) {
	cert, key := selfSigned(t)
	s := configure(t, "tls-cert: "+cert+"\ntls-key: "+key+"\n")
	renewed, renewedKey := selfSigned(t)
	for from, to := range map[string]string{renewed: cert, renewedKey: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	s.hangUp()
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for deadline := time.Now().Add(8 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), &tls.Config{RootCAs: roots})
		if err == nil {
			connection.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	s.stop()
}

// TestReloadRetention checks that the audit is kept as long as the settings say now.
func TestReloadRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := memstore.New(), slog.New(slog.DiscardHandler)
		defer store.Close()
		service, err := controlplane.Open(t.Context(), controlplane.Config{Store: store, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close()
		api := httpapi.New(service, httpapi.Config{Logger: log})
		defer api.Drain()
		r := &running{sender: httpapi.NewSender(httpapi.SenderConfig{}), log: log, now: checked{retention: 24 * time.Hour}}
		r.begin(service, api)
		entries := func() int {
			page, err := service.Audit(t.Context(), controlplane.AuditQuery{Environment: "default"})
			if err != nil {
				t.Fatal(err)
			}
			return len(page.Entries)
		}
		for i, key := range []string{"first", "second"} {
			if _, err := service.Enable(t.Context(), "default", key, flagset.Scope{}, controlplane.WriteOptions{By: "test"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(1-i) * 3 * time.Hour)
		}
		before := entries()
		for i := range 8 { // asking for a sweep again and again doesn't put it off
			r.take(checked{retention: time.Hour + time.Duration(i)*time.Second})
			time.Sleep(15 * time.Second)
		}
		if after := entries(); after >= before || after == 0 {
			t.Errorf("%d entries, and then %d", before, after)
		}
	})
}

// TestReloadKeepsTheCommandLine checks that lists and numbers of the command line stay what they are.
func TestReloadKeepsTheCommandLine(t *testing.T) {
	t.Setenv("GONFALON_ADMIN_TOKEN", "a-token-of-my-own")
	s := configure(t, "max-streams: 3\n", "--allow-origins", "https://a.example,https://b.example", "--rate-limit", "500", "--grace", "3s")
	s.adminToken = "a-token-of-my-own"
	s.run("reload").has(t, 0, "no setting differs")
	s.write("max-streams: 4\nallow-origins: [https://c.example]\nrate-limit: 7\ngrace: 9s\nadmin-token: another-token-of-mine\n")
	var got strings.Builder
	code := run(t.Context(), []string{"reload", "-o", "name", "--endpoint", s.url, "--token", s.adminToken}, strings.NewReader(""), &got, io.Discard)
	if code != 0 || got.String() != "max-streams\n" {
		t.Errorf("exit status %d, %q", code, got.String())
	}
	s.stop()
}

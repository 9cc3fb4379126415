package httpapi_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestManyProblems sends short bodies with very many mistakes. An answer names the first hundred.
func TestManyProblems(t *testing.T) {
	f := open(t, httpapi.Config{})
	const n = 500_000
	repeated := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"a%d":0,`, i)
		}
		return b.String()
	}
	flag, importing := "/v1/envs/default/flags/x", "/v1/envs/default/import"
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"gates beyond the limit":    {"PUT", flag, `{"gates":[` + repeated("{}", n) + `]}`, 400},
		"gates without a type":      {"PUT", flag, `{"gates":[` + repeated("{}", 100_000) + `]}`, 400},
		"gates without a target":    {"PUT", flag, `{"gates":[` + repeated(`{"type":"actor","target":""}`, 100_000) + `]}`, 422},
		"unknown members":           {"PUT", flag, `{` + names(100_000) + `"gates":[]}`, 400},
		"repeated members":          {"PUT", flag, `{` + repeated(`"key":"x"`, 100_000) + `}`, 400},
		"a payload with repetition": {"PUT", flag, `{"gates":[{"type":"variant","variants":[{"name":"a","weight":1,"payload":{` + repeated(`"a":0`, 100_000) + `}}]}]}`, 400},
		"a viewer's preview":        {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[` + repeated("{}", 100_000) + `]}}`, 400},
		"a preview of too many":     {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[]},"actors":[` + repeated("{}", n) + `]}`, 400},
		"a preview of deep values":  {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[]},"actors":[{"context":{"a":[` + repeated("[]", n+1) + `]}}]}`, 400},
		"an import of empty flags":  {"POST", importing, `{"flags":[` + repeated("{}", n) + `]}`, 400},
		"an import of bad flags":    {"POST", importing, `{"flags":[` + repeated(`{"key":""}`, 50_000) + `]}`, 422},
		"an import of YAML":         {"POST", importing, "flags:\n" + strings.Repeat("- {}\n", 100_000), 400},
		"an import of long YAML":    {"POST", importing, "flags: [" + repeated("{}", 1_000_000) + "]", 400},
		"variants":                  {"POST", flag + "/variants", `{"variants":[` + repeated("{}", n) + `]}`, 400},
		"constraints of a scope":    {"POST", flag + "/enable", `{"when":[` + repeated("{}", 100_000) + `]}`, 400},
		"values of a segment":       {"PUT", "/v1/envs/default/segments/s", `{"constraints":[{"attribute":"a","operator":"in","values":[` + repeated("{}", n) + `]}]}`, 400},
		"filters of a webhook":      {"POST", "/v1/webhooks", `{"name":"x","url":"https://x.example","envs":[` + repeated(`""`, 100_000) + `]}`, 422},
	} {
		got := f.do(adminToken, c.method, c.path, c.body)
		var e apiclient.Error
		if got.status != c.want || len(got.body) > 64<<10 {
			t.Errorf("%s: status %d and %d bytes, want %d and few: %.200s", name, got.status, len(got.body), c.want, got.body)
			continue
		}
		got.into(t, &e)
		if len(e.Errors) > flagset.MaxProblems+1 || len(e.Errors) == flagset.MaxProblems+1 && e.Errors[flagset.MaxProblems].Detail != "and more" {
			t.Errorf("%s: %d errors, the last of which is %v", name, len(e.Errors), e.Errors[len(e.Errors)-1])
		}
	}
	// A tolerant import stores them, and warns of the first hundred.
	warned, err := f.admin.Import(t.Context(), "default", []byte(`{"flags":[{"key":"x","gates":[`+repeated(`{"type":"percentage_of_actors","ratio":2}`, 1000)+`]}]}`), api.Import{Tolerant: true}, apiclient.WriteOptions{})
	if err != nil || len(warned.Warnings) != flagset.MaxProblems+1 {
		t.Errorf("%d warnings, %v", len(warned.Warnings), err)
	}
}

// TestBodiesShareMemory lets some callers begin large bodies and never end them.
func TestBodiesShareMemory(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.api.Room(1<<20, 1<<30)
	slow, err := net.Dial("tcp", f.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	f.enable("y", flagset.Scope{})
	const large = 900 << 10
	fmt.Fprintf(slow, "PUT /v1/envs/default/flags/x HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", adminToken, large, strings.Repeat(" ", large-1))
	until := func(done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d bytes have arrived", f.api.Arrived())
			}
		}
	}
	until(func() bool { return f.api.Arrived() > large-128<<10 })
	put := func(spaces int) answer {
		return f.do(adminToken, "PUT", "/v1/envs/default/flags/y", `{"gates":[]}`+strings.Repeat(" ", spaces))
	}
	f.want(503, put(large))
	f.want(200, put(0)) // a small one needs no room
	slow.Close()
	until(func() bool { return f.api.Arrived() == 0 })
	f.want(200, put(large))
}

// TestParsingWaitsForOthers checks that bodies that don't fit beside each other are parsed one after the other.
func TestParsingWaitsForOthers(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.api.Room(1<<30, 32<<20)
	answers := make(chan answer, 8)
	for i := range cap(answers) {
		go func() {
			answers <- f.do(adminToken, "PUT", fmt.Sprint("/v1/envs/default/flags/x", i), `{"gates":[]}`+strings.Repeat(" ", 900<<10))
		}()
	}
	for range cap(answers) {
		if got := <-answers; got.status != 201 {
			t.Error(got)
		}
	}
}

package httpapi_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

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

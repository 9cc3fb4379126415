package httpapi_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// eventsOf returns where pages with a token listen, as a bulk evaluation says.
func (f *fixture) eventsOf(token string, headers ...string) (origin, address string) {
	f.t.Helper()
	var bulk struct {
		EventStreams []struct {
			Endpoint struct{ Origin, RequestURI string }
		}
	}
	f.want(200, f.do(token, "POST", "/ofrep/v1/evaluate/flags", `{}`, headers...)).into(f.t, &bulk)
	return bulk.EventStreams[0].Endpoint.Origin, bulk.EventStreams[0].Endpoint.RequestURI
}

// page is an open event stream.
type page struct {
	t     testing.TB
	lines *bufio.Scanner
}

// listen opens an event stream. It fails the test unless that is answered with this status.
func (f *fixture) listen(address string, status int, headers ...string) *page {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), "GET", f.server.URL+address, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := f.http.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { got.Body.Close() })
	if got.StatusCode != status {
		f.t.Fatalf("status %d, want %d", got.StatusCode, status)
	}
	watch := time.AfterFunc(patience, func() { got.Body.Close() })
	f.t.Cleanup(func() { watch.Stop() })
	return &page{f.t, bufio.NewScanner(got.Body)}
}

// message returns the data of the next event; ok is false at the end of the stream.
func (p *page) message() (data string, ok bool) {
	for p.lines.Scan() {
		if data, found := strings.CutPrefix(p.lines.Text(), "data: "); found {
			return data, true
		}
	}
	return "", false
}

func (p *page) refetches() {
	p.t.Helper()
	got, ok := p.message()
	if !ok || !strings.HasPrefix(got, `{"type":"refetchEvaluation",`) || strings.Contains(got, "secret_flag") {
		p.t.Fatalf("%q %v", got, ok)
	}
}

// TestEvents checks that a listening page is told to evaluate again, and learns nothing else.
func TestEvents(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{AllowOrigins: []string{"https://shop.example"}}})
	f.enable("x", flagset.Scope{})
	for _, address := range []string{"", "?channel=00", "?channel=..", "?channel=configured.default.00"} {
		f.want(400, f.do("", "GET", "/ofrep/v1/events"+address, nil))
	}
	_, address := f.eventsOf(adminToken)
	p := f.listen(address, 200, "Origin", "https://shop.example")
	if !p.lines.Scan() || !strings.HasPrefix(p.lines.Text(), "retry: ") {
		t.Errorf("the stream doesn't begin by saying when to come back: %q", p.lines.Text())
	}
	p.refetches()
	f.enable("secret_flag", flagset.ForActor("user:1"))
	p.refetches()
}

// TestEventsAtEdges checks that a page is told when a schedule opens and when it closes, although no revision does.
func TestEventsAtEdges(t *testing.T) {
	begin := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	var passed atomic.Int64
	f := open(t, httpapi.Config{Clock: func() time.Time { return begin.Add(time.Duration(passed.Load())) }})
	_, address := f.eventsOf(adminToken)
	p := f.listen(address, 200)
	p.refetches()
	const soon = 100 * time.Millisecond // after which the clock is looked at, again and again
	in := func(d time.Duration) string { return begin.Add(d).Format(time.RFC3339Nano) }
	f.enable("soon", flagset.Between(in(soon), in(2*soon)))
	p.refetches() // the change
	for _, want := range []string{"true", "false"} {
		passed.Add(int64(soon))
		p.refetches()
		if got := f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/soon", `{}`); !strings.Contains(string(got.body), `"value":`+want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestEventsEndWithTheirToken checks that a channel is the token's own, ends with it, and lets nobody in after that.
func TestEventsEndWithTheirToken(t *testing.T) {
	f := open(t, httpapi.Config{Heartbeat: time.Hour})
	token, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "page", Role: api.RoleClient, Envs: []string{"default"}}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, address := f.eventsOf(token.Secret)
	_, other := f.eventsOf(f.token(api.RoleClient, "default"))
	if address == other {
		t.Errorf("two tokens have one channel: %s", address)
	}
	p, stays := f.listen(address, 200), f.listen(other, 200)
	p.refetches()
	stays.refetches()
	if err := f.admin.RevokeToken(t.Context(), token.ID, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, ok := p.message(); ok {
		t.Errorf("the stream goes on: %s", got)
	}
	f.listen(address, 400)
	f.enable("x", flagset.Scope{})
	stays.refetches()
}

// TestEventsTakeNoStreamsOfHosts floods the event streams of one address and of one token.
func TestEventsTakeNoStreamsOfHosts(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{MaxStreams: 1, MaxEventStreams: 32, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	_, mine := f.eventsOf(adminToken)
	_, other := f.eventsOf(f.token(api.RoleClient, "default"))
	from := func(address string) []string { return []string{"X-Forwarded-For", address} }
	for range 2 { // a sixteenth
		f.listen(mine, 200, from("2001:db8::1")...)
	}
	f.listen(mine, 503, from("2001:db8::2")...) // of the same network
	for i := range 14 {                         // until a half is the token's
		f.listen(mine, 200, from(fmt.Sprint("192.0.2.", i))...)
	}
	f.listen(mine, 503, from("198.51.100.1")...)
	f.listen(other, 200, from("198.51.100.1")...)
	events, _ := listen(t, f.admin, "")
	next(t, events)
}

// TestEventsBehindAProxy checks that a page finds its stream behind a proxy that strips a prefix.
func TestEventsBehindAProxy(t *testing.T) {
	forwarded := []string{"X-Forwarded-Prefix", "/flags/", "X-Forwarded-Host", "shop.example", "X-Forwarded-Proto", "https"}
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	public := &url.URL{Scheme: "https", Host: "flags.example", Path: "/api/"}
	for name, c := range map[string]struct {
		config         httpapi.Config
		origin, prefix string
	}{
		"untrusted":  {httpapi.Config{}, "", "/ofrep/"},
		"trusted":    {httpapi.Config{Settings: httpapi.Settings{TrustedProxies: trusted}}, "https://shop.example", "/flags/ofrep/"},
		"public URL": {httpapi.Config{Settings: httpapi.Settings{PublicURL: public, TrustedProxies: trusted}}, "https://flags.example", "/api/ofrep/"},
	} {
		f := open(t, c.config)
		origin, address := f.eventsOf(adminToken, forwarded...)
		if origin != c.origin || !strings.HasPrefix(address, c.prefix+"v1/events?channel=") {
			t.Errorf("%s: %q %q", name, origin, address)
		}
	}
}

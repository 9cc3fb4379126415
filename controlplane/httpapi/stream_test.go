package httpapi_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

// listen reads a stream's events in a goroutine that ends with the test.
func listen(t *testing.T, c *apiclient.Client, after string) (events <-chan apiclient.Event, end <-chan error) {
	t.Helper()
	all, ended := make(chan apiclient.Event, 1000), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var failed error
		for e, err := range c.Stream(ctx, "default", after) {
			if err != nil {
				failed = err
				break
			}
			all <- e
		}
		ended <- failed
		close(all)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return all, ended
}

func next(t *testing.T, events <-chan apiclient.Event) apiclient.Event {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func (f *fixture) enable(key string, s flagset.Scope) api.Flag {
	f.t.Helper()
	flag, err := f.admin.Enable(f.t.Context(), "default", key, s, apiclient.WriteOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	return flag
}

// TestStream checks that a stream sends a snapshot and then deltas that lead to the bytes of /snapshot, and that a
// resumed stream sends only what was missed.
func TestStream(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.ForActor("user:1"))
	sdk := f.client(f.token(api.RoleSDK, "default"))
	events, _ := listen(t, sdk, "")
	first := next(t, events)
	if first.Kind != "snapshot" {
		t.Fatalf("%+v", first)
	}
	held, err := engine.Load(decoded(t, first.Data))
	if err != nil {
		t.Fatal(err)
	}
	apply := func(held *engine.Snapshot, e apiclient.Event) *engine.Snapshot {
		t.Helper()
		if e.Kind != "delta" {
			t.Fatalf("%s %s; want a delta", e.Kind, e.ID)
		}
		data, err := engine.Apply(held, decoded(t, e.Data))
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := engine.Load(data)
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	for i := range 20 { // so that one change is little beside the snapshot
		f.enable(fmt.Sprint("flag", i), flagset.ForActor("user:1"))
	}
	written := f.enable("x", flagset.ForActor("user:2"))
	var last apiclient.Event
	for held.Revision() < written.Revision {
		last = next(t, events)
		if last.Kind == "snapshot" {
			if held, err = engine.Load(decoded(t, last.Data)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		held = apply(held, last)
	}
	data, _, err := sdk.Snapshot(t.Context(), "default", "")
	if err != nil || string(data) != held.Bytes() {
		t.Errorf("the stream led to other bytes than /snapshot gives: %v", err)
	}

	// After a break, the missed changes come as deltas: a single one if they happened within one frame.
	f.enable("x", flagset.ForActor("user:3"))
	written = f.enable("x", flagset.ForActor("user:4"))
	again, _ := listen(t, sdk, last.ID)
	for held.Revision() < written.Revision {
		held = apply(held, next(t, again))
	}
	if data, _, err = sdk.Snapshot(t.Context(), "default", ""); err != nil || string(data) != held.Bytes() {
		t.Errorf("a resumed stream led to other bytes than /snapshot gives: %v", err)
	}

	// A current client gets no snapshot first; one from another lineage gets one.
	now := fmt.Sprintf("%x-%d", held.Lineage(), held.Revision())
	current, _ := listen(t, sdk, now)
	if e := next(t, current); e.Kind != "heartbeat" {
		t.Errorf("%s came first to a client that is current", e.Kind)
	}
	f.enable("x", flagset.ForActor("user:5"))
	if e := next(t, current); e.Kind != "delta" {
		t.Errorf("%s; want a delta", e.Kind)
	}
	other, _ := listen(t, sdk, strings.Repeat("00", 16)+"-7")
	if e := next(t, other); e.Kind != "snapshot" {
		t.Errorf("%s; want a snapshot", e.Kind)
	}
	nonsense, _ := listen(t, sdk, "nonsense")
	if e := next(t, nonsense); e.Kind != "snapshot" {
		t.Errorf("%s; want a snapshot", e.Kind)
	}
}

func TestHeartbeat(t *testing.T) {
	f := open(t, httpapi.Config{Heartbeat: 5 * time.Millisecond})
	token, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "sdk", Role: api.RoleSDK}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events, end := listen(t, f.client(token.Secret), "")
	first := next(t, events)
	for deadline := time.Now().Add(patience); first.Kind == "heartbeat" && time.Now().Before(deadline); { // the server is alive before, too
		first = next(t, events)
	}
	if first.Kind != "snapshot" {
		t.Fatalf("%+v", first)
	}
	for range 3 {
		if e := next(t, events); e.Kind != "heartbeat" || e.Data != "" {
			t.Errorf("%+v", e)
		}
	}
	// After the token was revoked, the stream ends with the next heartbeat.
	if err := f.admin.RevokeToken(t.Context(), token.ID, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	ended(t, end)
	_, refused := listen(t, f.client(token.Secret), "")
	var e *apiclient.Error
	if err := ended(t, refused); !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Errorf("%v", err)
	}
}

func ended(t *testing.T, end <-chan error) error {
	t.Helper()
	select {
	case err := <-end:
		return err
	case <-time.After(patience):
		t.Fatal("the stream goes on")
	}
	return nil
}

func TestDrain(t *testing.T) {
	f := open(t, httpapi.Config{})
	events, end := listen(t, f.admin, "")
	next(t, events)
	f.api.Drain()
	if err := ended(t, end); err != nil {
		t.Errorf("a drained stream must end in order, not with %v", err)
	}
	f.want(http.StatusServiceUnavailable, f.do(adminToken, "GET", "/v1/envs/default/stream", nil))
	f.want(http.StatusServiceUnavailable, f.do("", "GET", "/readyz", nil))
	f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil))
}

func TestDeletedEnvironmentEndsItsStreams(t *testing.T) {
	f := open(t, httpapi.Config{})
	if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "brief"}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	begun, end := make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		for _, err := range f.admin.Stream(t.Context(), "brief", "") {
			if first {
				close(begun)
				first = false
			}
			if err != nil {
				end <- err
				return
			}
		}
		end <- nil
	}()
	<-begun
	if err := f.admin.DeleteEnvironment(t.Context(), "brief", "brief", apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	ended(t, end)
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/brief/stream", nil))
}

func TestMaxStreams(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{MaxStreams: 1}})
	events, _ := listen(t, f.admin, "")
	next(t, events)
	got := f.want(http.StatusServiceUnavailable, f.do(adminToken, "GET", "/v1/envs/default/stream", nil))
	if got.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

// TestRevokedTokenEndsItsStream checks that a revoked token's stream ends at once, not only at its next heartbeat.
func TestRevokedTokenEndsItsStream(t *testing.T) {
	f := open(t, httpapi.Config{Heartbeat: time.Hour})
	token, err := f.admin.CreateToken(t.Context(), api.NewToken{Name: "host", Role: api.RoleSDK}, apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events, end := listen(t, f.client(token.Secret), "")
	next(t, events)
	stays, _ := listen(t, f.admin, "")
	next(t, stays)
	if err := f.admin.RevokeToken(t.Context(), token.ID, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	ended(t, end)
	f.enable("x", flagset.Scope{})
	next(t, stays)
}

// TestSlowReader checks that a client that reads nothing holds up neither writers nor other readers, and skips to the
// newest frame when it reads again.
func TestSlowReader(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	server := httptest.NewUnstartedServer(f.api)
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
		return ctx
	}
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
	fmt.Fprintf(conn, "GET /v1/envs/default/stream HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\n\r\n", adminToken)
	reader := bufio.NewReaderSize(conn, 16)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q %v", line, err)
	}
	quick, _ := listen(t, f.admin, "")
	next(t, quick)

	// Send more frames than the connection's buffers can hold, but soon: the server gives up who takes nothing for too long.
	var last api.Flag
	payload := strings.Repeat("x", 30_000)
	const writes = 30
	for i := range writes {
		last, err = f.admin.PutVariants(t.Context(), "default", fmt.Sprint("large", i%3), []flagset.Variant{
			{Name: "a", Weight: flagset.Int(int64(i + 1)), Payload: []byte(`"` + payload + fmt.Sprint(i) + `"`)}}, apiclient.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	newest := fmt.Sprintf("-%d-", last.Revision)
	for !strings.Contains(next(t, quick).ID, newest) {
	}
	// The slow reader now reads the rest: fewer frames than there were changes, of which the last is the newest.
	frames := 0
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	large := bufio.NewReaderSize(reader, 1<<20)
	for {
		line, err := large.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d frames: %v", frames, err)
		}
		if id, found := strings.CutPrefix(strings.TrimSpace(line), "id: "); found {
			frames++
			if strings.Contains(id, newest) {
				break
			}
		}
	}
	if frames >= writes {
		t.Errorf("%d frames of %d changes: nothing was skipped", frames, writes)
	}
}

// TestWhatSupersedes: a host whose position the store never had is told that what follows takes its place, by stream and
// by poll; one that has what the store has is not.
func TestWhatSupersedes(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	poll := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil))
	mine, ok := engine.ParsePosition(poll.header.Get("X-Gonfalon-Position"))
	if !ok || mine.ID == [engine.IDBytes]byte{} {
		t.Fatalf("the position is %q", poll.header.Get("X-Gonfalon-Position"))
	}
	altered, ahead := mine, mine
	altered.ID[0]++
	ahead.Revision += 5
	for name, at := range map[string]engine.Position{"ahead": ahead, "another content id": altered} {
		if a := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil, "X-Gonfalon-Position", at.String())); a.header.Get("X-Gonfalon-Supersedes") != at.String() {
			t.Errorf("%s: a poll says %q", name, a.header.Get("X-Gonfalon-Supersedes"))
		}
		events, _ := listen(t, f.admin, at.String())
		if e := next(t, events); e.Kind != "snapshot" || e.ID != mine.String() {
			t.Errorf("%s: %s %s came first", name, e.Kind, e.ID)
		}
		if got := streamHeader(t, f, at.String()).Get("X-Gonfalon-Supersedes"); got != at.String() {
			t.Errorf("%s: a stream says %q", name, got)
		}
	}
	if a := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil, "X-Gonfalon-Position", mine.String())); a.header.Get("X-Gonfalon-Supersedes") != "" {
		t.Error("a poll supersedes what the store has")
	}
	if got := streamHeader(t, f, mine.String()).Get("X-Gonfalon-Supersedes"); got != "" {
		t.Error("a stream supersedes what the store has")
	}
}

// streamHeader returns the header of the stream that a host at a position gets.
func streamHeader(t *testing.T, f *fixture, at string) http.Header {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", f.server.URL+"/v1/envs/default/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	request.Header.Set("Last-Event-ID", at)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.Header
}

func TestSnapshotForms(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	plain := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot?formats=1", nil, "Accept-Encoding", "identity"))
	packed := f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil, "Accept-Encoding", "gzip"))
	if packed.header.Get("Content-Encoding") != "gzip" || string(gunzip(t, packed.body)) != string(plain.body) {
		t.Error("gzip gives other bytes")
	}
	if plain.header.Get("Content-Encoding") != "" || plain.header.Get("Vary") != "Accept-Encoding, X-Gonfalon-Formats" {
		t.Errorf("%v", plain.header)
	}
	f.want(http.StatusOK, f.do(adminToken, "GET", "/v1/envs/default/snapshot?formats=2,1", nil))
	f.want(http.StatusNotAcceptable, f.do(adminToken, "GET", "/v1/envs/default/snapshot?formats=99", nil))
	f.want(http.StatusNotModified, f.do(adminToken, "GET", "/v1/envs/default/snapshot", nil, "If-None-Match", `"other", W/`+plain.header.Get("ETag")))
	f.want(http.StatusNotFound, f.do(adminToken, "GET", "/v1/envs/none/snapshot", nil))
}

func decoded(t *testing.T, data string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

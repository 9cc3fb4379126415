package gonfalon

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// plane is a control plane of the distribution paths only, in the hands of a test.
type plane struct {
	*httptest.Server
	connected chan *connection // each stream, as it is opened
	asked     chan string      // If-None-Match of each request for the snapshot

	mu         sync.Mutex
	refusal    int    // status of every answer; 0: none is refused
	streams    bool   // whether streams are there at all
	snapshot   []byte // nil: 503
	supersedes bool   // what it answers takes the place of what the request names
	old        bool   // it knows neither hosts nor what flags were
	silent     bool   // it answers no report
	usage      chan map[string]int64
	hosts      chan hostReport
}

type connection struct {
	lastEventID string
	send        chan string // text of the stream
	closed      chan struct{}
	once        sync.Once
}

func newPlane(t testing.TB) *plane {
	p := &plane{connected: make(chan *connection, 16), asked: make(chan string, 1024), usage: make(chan map[string]int64, 16), hosts: make(chan hostReport, 1024), streams: true}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/envs/default/stream", formats(t, p.stream))
	mux.HandleFunc("GET /v1/envs/default/snapshot", formats(t, p.serveSnapshot))
	mux.HandleFunc("POST /v1/envs/default/usage", p.takeUsage)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		refusal := p.refusal
		p.mu.Unlock()
		switch {
		case r.Header.Get("Authorization") != "Bearer token":
			http.Error(w, "no such token", http.StatusUnauthorized)
		case refusal != 0:
			http.Error(w, "refused", refusal)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		p.CloseClientConnections()
		p.Close()
	})
	return p
}

// formats fails the test if a request doesn't say which snapshot format the engine reads.
func formats(t testing.TB, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if got := r.FormValue("formats"); got != strconv.Itoa(engine.Format) {
			t.Errorf("%s asks for formats %q", r.URL.Path, got)
		}
		next(w, r)
	}
}

func (p *plane) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *plane) stream(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	streams, supersedes := p.streams, p.supersedes
	p.mu.Unlock()
	if !streams {
		http.Error(w, "no streams here", http.StatusBadGateway)
		return
	}
	c := &connection{lastEventID: r.Header.Get("Last-Event-ID"), send: make(chan string), closed: make(chan struct{})}
	w.Header().Set("Content-Type", "text/event-stream")
	if supersedes {
		w.Header().Set("X-Gonfalon-Supersedes", c.lastEventID)
	}
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	flush.Flush()
	p.connected <- c
	for {
		select {
		case text := <-c.send:
			fmt.Fprint(w, text)
			flush.Flush()
		case <-c.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (p *plane) serveSnapshot(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	data, supersedes := p.snapshot, p.supersedes
	p.mu.Unlock()
	if supersedes {
		w.Header().Set("X-Gonfalon-Supersedes", r.Header.Get("X-Gonfalon-Position"))
	}
	p.asked <- r.Header.Get("If-None-Match")
	if data == nil {
		http.Error(w, "not in sync", http.StatusServiceUnavailable)
		return
	}
	id := strconv.Quote(hex.EncodeToString(data[len(data)-engine.IDBytes:]))
	w.Header().Set("ETag", id)
	if r.Header.Get("If-None-Match") == id {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(data)
}

func (p *plane) takeUsage(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Flags map[string]struct {
			Count int64
			Last  time.Time
			On    *int64
		}
		Host *hostReport
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	old, silent := p.old, p.silent
	p.mu.Unlock()
	if body.Host != nil {
		if old {
			http.Error(w, "there is no field host", http.StatusBadRequest)
			return
		}
		p.hosts <- *body.Host
	}
	if silent {
		<-r.Context().Done()
		return
	}
	counts := map[string]int64{}
	for key, flag := range body.Flags {
		if old && flag.On != nil {
			http.Error(w, "there is no field on", http.StatusBadRequest)
			return
		}
		counts[key] = flag.Count
	}
	if len(counts) > 0 {
		p.usage <- counts
	}
	w.WriteHeader(http.StatusNoContent)
}

// connection is the next stream that is opened.
func (p *plane) connection(t testing.TB) *connection {
	t.Helper()
	select {
	case c := <-p.connected:
		return c
	case <-time.After(patience):
		t.Fatal("nobody connects")
		return nil
	}
}

// event sends one event of the stream.
func (c *connection) event(t testing.TB, kind string, frame []byte) {
	t.Helper()
	c.text(t, eventText(t, kind, frame))
}

func (c *connection) text(t testing.TB, text string) {
	t.Helper()
	select {
	case c.send <- text:
	case <-time.After(patience):
		t.Fatal("nobody reads the stream")
	}
}

func (c *connection) close() { c.once.Do(func() { close(c.closed) }) }

// eventText is an event as it comes over the wire; the id is that of the snapshot the frame leads to.
func eventText(t testing.TB, kind string, frame []byte) string {
	t.Helper()
	if kind == "heartbeat" {
		return "event: heartbeat\n\n"
	}
	d := msgpack.NewDecoder(bytes.NewReader(frame))
	_, err := d.DecodeArrayLen()
	_, err2 := d.DecodeArrayLen() // the header: name, format, environment, lineage, revision, …
	err = errors.Join(err, err2, d.Skip(), d.Skip(), d.Skip())
	lineage, err2 := d.DecodeBytes()
	revision, err3 := d.DecodeInt64()
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("event: %s\nid: %x-%d\ndata: %s\n\n", kind, lineage, revision, base64.StdEncoding.EncodeToString(frame))
}

// connected is a client of the plane that has taken data.
func (p *plane) client(t testing.TB, data []byte, change func(*Config)) (*Client, *connection) {
	t.Helper()
	config := Config{Endpoint: p.URL, Token: "token", Logger: quiet, ReadyWithin: -1}
	if change != nil {
		change(&config)
	}
	c, err := New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s := p.connection(t)
	if data != nil {
		s.event(t, "snapshot", data)
		until(t, c, func() bool { return c.Enabled("on") })
	}
	return c, s
}

// until waits for what becomes true by events of the client, or for a counter of it.
func until(t testing.TB, c *Client, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came: %+v", c.Stats())
		}
		time.Sleep(time.Millisecond)
	}
}

package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// hostile is the server of one case, until it is mended.
type hostile struct {
	*hostileCase
	good      []byte           // a snapshot whose flag "a" is on
	elsewhere *httptest.Server // another origin, which a client must tell nothing

	largest atomic.Int64 // bytes of the largest answer, as far as the client took it
	strayed atomic.Int64 // requests that came elsewhere
	asked   atomic.Int64 // requests
	carried atomic.Int64 // requests with a header that the server made up
	mended  atomic.Bool
	mending chan struct{} // closed by the first mend
	once    sync.Once
}

func newHostile(name string) (*hostile, error) {
	for i := range cases {
		if cases[i].Name != name {
			continue
		}
		good, err := compile(snapshot.Header{Environment: "default", Revision: 1}, flagA)
		if err != nil {
			return nil, err
		}
		h := &hostile{hostileCase: &cases[i], good: good, mending: make(chan struct{})}
		h.elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.strayed.Add(1)
			h.honest(w, r)
		}))
		return h, nil
	}
	return nil, fmt.Errorf("there is no case %q: contract hostile lists them", name)
}

func (h *hostile) close() { h.elsewhere.Close() }

func (h *hostile) scheme() string {
	if h.certificate != nil {
		return "https"
	}
	return "http"
}

// listen listens, with a certificate if the case has one; its authority is written to the file.
func (h *hostile) listen(authority []string) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	counting := &countingListener{listener, &h.largest}
	if h.certificate == nil {
		return counting, nil
	}
	return h.certificate.listen(counting, authority)
}

func (h *hostile) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/envs/default/stream", func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, h.stream) })
	mux.HandleFunc("GET /v1/envs/default/snapshot", func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, h.snapshot) })
	mux.HandleFunc("POST /v1/envs/default/usage", acceptUsage)
	mux.HandleFunc("POST /hostile/mend", func(w http.ResponseWriter, _ *http.Request) {
		h.mended.Store(true)
		h.once.Do(func() { close(h.mending) })
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /hostile/check", func(w http.ResponseWriter, _ *http.Request) {
		if err := h.check(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

// check returns what the client has done that it must not, once it has asked as often as the case needs.
func (h *hostile) check() error {
	for i := 0; h.asked.Load() < h.asks; i++ {
		if i == 1000 {
			return fmt.Errorf("the client asked %d times within 10 seconds, want %d", h.asked.Load(), h.asks)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := h.strayed.Load(); n > 0 {
		return fmt.Errorf("the client followed a redirect to another origin, %d times", n)
	}
	if n := h.carried.Load(); n > 0 {
		return fmt.Errorf("the client sent a header that was in the server's ETag, X-Gonfalon-Supersedes or Set-Cookie, %d times", n)
	}
	if n := h.largest.Load(); n > h.MaxBytes {
		return fmt.Errorf("the client took %d bytes of one answer, want at most %d", n, h.MaxBytes)
	}
	return nil
}

func (h *hostile) answer(w http.ResponseWriter, r *http.Request, answer answer) {
	h.asked.Add(1)
	if r.Header.Get(smuggled) != "" {
		h.carried.Add(1)
	}
	if answer == nil || h.mended.Load() {
		h.honest(w, r)
		return
	}
	answer(h, w, r)
}

// honest answers as a control plane does.
func (h *hostile) honest(w http.ResponseWriter, r *http.Request) {
	if !isStream(r) {
		writeSnapshot(w, r, h.good)
		return
	}
	startStream(w)
	if r.Header.Get("Last-Event-ID") == position(h.good) {
		writeText(w, "event: heartbeat\n\n")
	} else {
		writeText(w, event("snapshot", h.good, h.good))
	}
	<-r.Context().Done()
}

// smuggled is a header that no client sends by itself.
const smuggled = "X-Smuggled"

// flagA is a flag that is on.
const flagA = `{"key": "a", "gates": [{"type": "boolean", "enabled": true}]}`

// position returns a snapshot's position, which is of no lineage and of revision 1.
func position(data []byte) string {
	return fmt.Sprintf("%032x-1-%s", 0, hex.EncodeToString(data[len(data)-engine.IDBytes:]))
}

// countingListener counts the bytes that are written to each of its connections.
type countingListener struct {
	net.Listener
	largest *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: conn, largest: l.largest}, nil
}

type countingConn struct {
	net.Conn
	written int64
	largest *atomic.Int64
}

func (c *countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written += int64(n)
	for old := c.largest.Load(); c.written > old && !c.largest.CompareAndSwap(old, c.written); old = c.largest.Load() {
	}
	return n, err
}

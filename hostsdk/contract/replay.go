package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// patience is how long a client may take to do what a session says: longer than two pauses of its back-off.
const patience = 20 * time.Second

// replay is the server of one session.
type replay struct {
	session *session
	opened  chan *stream // each stream, as the client opens it

	turn   sync.Mutex // one POST /replay/next at a time
	next   int        // the step that comes
	stream *stream    // the one that the session is about

	mu         sync.Mutex
	snapshot   []byte // nil: 503
	supersedes bool
	wrong      error // the first request that isn't as the contract has it
}

// stream is one that the client has opened.
type stream struct {
	lastEventID string
	send        chan string
	closed      chan struct{}
}

func newReplay(s *session) *replay {
	return &replay{session: s, opened: make(chan *stream, 16)}
}

func (p *replay) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/envs/default/stream", p.checked(p.serveStream))
	mux.HandleFunc("GET /v1/envs/default/snapshot", p.checked(p.serveSnapshot))
	mux.HandleFunc("POST /v1/envs/default/usage", acceptUsage)
	mux.HandleFunc("POST /replay/next", p.serveNext)
	mux.HandleFunc("GET /replay/bootstrap", func(w http.ResponseWriter, _ *http.Request) {
		if p.session.Bootstrap == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write(p.session.Bootstrap)
	})
	return mux
}

// checked notes a request that isn't as the contract has it.
func (p *replay) checked(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := checkRequest(r); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.wrong == nil {
				p.wrong = err
			}
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		next(w, r)
	}
}

// checkRequest checks what every request for a snapshot or a stream has.
func checkRequest(r *http.Request) error {
	if got := r.Header.Get("Authorization"); got != "Bearer token" {
		return fmt.Errorf("%s has the Authorization %q, want %q", r.URL.Path, got, "Bearer token")
	}
	if got, want := r.FormValue("formats"), strconv.Itoa(engine.Format); got != want {
		return fmt.Errorf("%s asks for formats=%s, want %s", r.URL.Path, got, want)
	}
	return nil
}

func acceptUsage(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	w.WriteHeader(http.StatusNoContent)
}

func (p *replay) serveStream(w http.ResponseWriter, r *http.Request) {
	s := &stream{lastEventID: r.Header.Get("Last-Event-ID"), send: make(chan string), closed: make(chan struct{})}
	p.mu.Lock()
	if p.supersedes {
		w.Header().Set("X-Gonfalon-Supersedes", s.lastEventID)
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	select {
	case p.opened <- s:
	case <-r.Context().Done():
		return
	}
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case text := <-s.send:
			_, _ = io.WriteString(w, text)
			_ = flush.Flush()
		case <-s.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (p *replay) serveSnapshot(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	data := p.snapshot
	if p.supersedes {
		w.Header().Set("X-Gonfalon-Supersedes", r.Header.Get("X-Gonfalon-Position"))
	}
	p.mu.Unlock()
	writeSnapshot(w, r, data)
}

// writeSnapshot answers a snapshot with its id, 304 to a client that has it, and 503 if there is none.
func writeSnapshot(w http.ResponseWriter, r *http.Request, data []byte) {
	if data == nil {
		http.Error(w, "no snapshot yet", http.StatusServiceUnavailable)
		return
	}
	tag := strconv.Quote(hex.EncodeToString(data[len(data)-engine.IDBytes:]))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(data)
}

func (p *replay) serveNext(w http.ResponseWriter, r *http.Request) {
	p.turn.Lock()
	defer p.turn.Unlock()
	step, err := p.advance()
	p.mu.Lock()
	if p.wrong != nil {
		err = p.wrong
	}
	p.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(step)
}

// advance does the server's steps up to one of the client's, which it returns.
func (p *replay) advance() (map[string]any, error) {
	for p.next < len(p.session.Steps) {
		number, s := p.next, &p.session.Steps[p.next]
		p.next++
		if step := s.ofClient(number); step != nil {
			return step, nil
		}
		if err := p.do(s); err != nil {
			return nil, fmt.Errorf("step %d: %w", number, err)
		}
	}
	select {
	case s := <-p.opened:
		return nil, fmt.Errorf("after the last step: the client opened a stream that the session doesn't have, with the Last-Event-ID %q", s.lastEventID)
	default:
		return map[string]any{"end": true}, nil
	}
}

// do does a step of the server's.
func (p *replay) do(s *step) error {
	switch {
	case s.Connect != nil:
		select {
		case p.stream = <-p.opened:
		case <-time.After(patience):
			return fmt.Errorf("the client has not opened a stream within %v", patience)
		}
		if p.stream.lastEventID != s.Connect.LastEventID {
			return fmt.Errorf("the client opened the stream with the Last-Event-ID %q, want %q", p.stream.lastEventID, s.Connect.LastEventID)
		}
	case s.Send != "":
		select {
		case p.stream.send <- s.Send:
		case <-time.After(patience):
			return fmt.Errorf("the client has not read the stream within %v", patience)
		}
	case s.Close:
		close(p.stream.closed)
	default:
		p.mu.Lock()
		defer p.mu.Unlock()
		if s.Snapshot != nil {
			p.snapshot = s.Snapshot
		} else if s.Supersedes != nil {
			p.supersedes = *s.Supersedes
		} else {
			return fmt.Errorf("it is of no known kind")
		}
	}
	return nil
}

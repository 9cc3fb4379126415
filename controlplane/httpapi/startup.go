package httpapi

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// Startup answers in an API's place until the API is there: /healthz says that the process lives, /readyz why it can't
// serve yet, and everything else is refused for now. So a replica that waits for its store is neither killed nor sent
// requests. It is an http.Handler, safe for concurrent use.
type Startup struct {
	version string
	waits   atomic.Pointer[string]
	begun   atomic.Pointer[begun]
}

// begun is what takes over once the start is done.
type begun struct {
	api     *API
	handler http.Handler
}

// NewStartup returns a Startup. version is the program's, as in Config.
func NewStartup(version string) *Startup {
	s := &Startup{version: version}
	s.Waits("starting")
	return s
}

// Waits says what the start waits for.
func (s *Startup) Waits(reason string) { s.waits.Store(&reason) }

// Begin hands all requests from now on to an API, or to a handler that it is mounted in, which is nil for the API itself.
func (s *Startup) Begin(a *API, mounted http.Handler) {
	if mounted == nil {
		mounted = a
	}
	s.begun.Store(&begun{a, mounted})
}

// ServeHTTP answers one request.
func (s *Startup) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b := s.begun.Load(); b != nil {
		b.handler.ServeHTTP(w, r)
		return
	}
	reason := *s.waits.Load()
	w.Header()[versionHeader] = []string{s.version}
	w.Header().Set("Retry-After", "1")
	switch path := r.URL.Path; {
	case path == "/healthz":
		w.Header().Del("Retry-After")
		s.answer(w, http.StatusOK, "application/json", health{"ok", s.version})
	case path == "/readyz":
		s.answer(w, http.StatusServiceUnavailable, "application/json", readiness{Status: reason, Environments: []readinessEnvironment{}})
	case isOFREP(path):
		s.answer(w, http.StatusServiceUnavailable, "application/json", map[string]string{"errorDetails": reason})
	default:
		s.answer(w, http.StatusServiceUnavailable, "application/problem+json", map[string]any{
			"type": "/problems/unavailable", "title": "The control plane is starting", "status": http.StatusServiceUnavailable,
			"detail": reason,
		})
	}
}

func (s *Startup) answer(w http.ResponseWriter, status int, kind string, document any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a caller that is gone needs no answer
}

// drain drains the API, if it is there.
func (s *Startup) drain(most time.Duration) <-chan struct{} {
	if b := s.begun.Load(); b != nil {
		return b.api.DrainWithin(most)
	}
	return closed
}

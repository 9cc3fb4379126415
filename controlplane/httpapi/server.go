package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// These are the time limits of a server. Streams and backups have their own for each write.
const (
	readHeaderTime = 10 * time.Second
	readTime       = 60 * time.Second // 64 MB in a minute is 9 Mbit/s
	writeTime      = 60 * time.Second
	idleTime       = 2 * time.Minute
	headerBytes    = 32 << 10
)

// DefaultGrace is how long requests may take to end when a server shuts down.
const DefaultGrace = 10 * time.Second

// Server serves an API on a listener until it is told to stop. Only API or Startup is required.
type Server struct {
	API     *API
	Startup *Startup      // serves instead of API, which it hands requests to once it is there
	Handler http.Handler  // the handler that the API is mounted in; nil for API itself
	TLS     *tls.Config   // nil for plain HTTP; see TLSFiles
	Grace   time.Duration // 0 for DefaultGrace
	Logger  *slog.Logger  // nil for slog.Default()
}

// Serve serves until the context ends. Then it ends streams one after the other, so that hosts don't all come back at
// once, and lets other requests finish, all within Grace. It closes the listener. It returns nil if only the context ended it and every request completed.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	log := s.Logger
	if log == nil {
		log = slog.Default()
	}
	handler, drain := http.Handler(s.API), func(most time.Duration) <-chan struct{} { return s.API.DrainWithin(most) }
	if s.Startup != nil {
		handler, drain = s.Startup, s.Startup.drain
	}
	if s.Handler != nil {
		handler = s.Handler
	}
	server := &http.Server{
		Handler:           handler,
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: readHeaderTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // lost connections and bad handshakes are the callers' concern
	}
	served := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			served <- server.ServeTLS(listener, "", "")
		} else {
			served <- server.Serve(listener)
		}
	}()
	select {
	case err := <-served:
		return fmt.Errorf("httpapi: serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace := s.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	select {
	case <-drain(grace * 4 / 5): // other requests are served meanwhile
	case <-ending.Done():
	}
	err := server.Shutdown(ending)
	if err != nil {
		_ = server.Close()
		err = fmt.Errorf("httpapi: requests were still open after %s: %w", grace, err)
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

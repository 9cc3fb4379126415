package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// writeWait is how long one write to a stream may take. A reader that accepts nothing for so long is gone, or as good
// as gone.
const writeWait = 30 * time.Second

// streams are the open streams. They end in a drain, or when their token does.
type streams struct {
	draining context.Context
	begin    context.CancelFunc // begins a drain

	mu    sync.Mutex
	all   map[*stream]struct{}
	empty chan struct{} // closed when a drain has ended every stream; nil before a drain
}

func newStreams() *streams {
	ctx, cancel := context.WithCancel(context.Background())
	return &streams{draining: ctx, begin: cancel, all: map[*stream]struct{}{}}
}

// follow ends each stream whose token is revoked, until the streams drain or the service ends.
func (all *streams) follow(service *controlplane.Service) {
	for range service.TokenChanges(all.draining) {
		all.mu.Lock()
		for s := range all.all {
			if !s.call.admitted() {
				s.cancel()
			}
		}
		all.mu.Unlock()
	}
}

func (all *streams) add(s *stream) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.all[s] = struct{}{}
}

func (all *streams) remove(s *stream) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.all, s)
	if all.empty != nil && len(all.all) == 0 {
		close(all.empty)
		all.empty = nil
	}
}

// stream is one open response of server-sent events. The request's goroutine writes frames. A timer writes heartbeats,
// so an idle stream needs no extra goroutine for them.
// Why: RATIONALE.md "Why are streams counted, and heartbeats sent by timers?"
type stream struct {
	call   *call
	cancel context.CancelFunc
	beat   string

	mu    sync.Mutex
	w     http.ResponseWriter
	rc    *http.ResponseController
	timer *time.Timer
	ended bool
}

// openStream begins the response. The context ends with the caller, in a drain, with a failed heartbeat or a revoked
// token.
func (c *call) openStream(beat string) (*stream, context.Context, error) {
	all := c.api.streams
	if all.draining.Err() != nil {
		return nil, nil, &api.Error{Code: api.Unavailable, Message: "the server is shutting down"}
	}
	ctx, cancel := context.WithCancel(c.context())
	w := c.Response()
	s := &stream{call: c, cancel: cancel, beat: beat, w: w.Writer, rc: http.NewResponseController(w.Writer)}
	_ = s.rc.SetReadDeadline(time.Time{}) // the server's deadline is for requests that end
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // otherwise nginx buffers the response
	w.WriteHeader(http.StatusOK)
	s.timer = time.AfterFunc(c.api.config.Heartbeat, s.heartbeat)
	all.add(s)
	if !c.admitted() || all.draining.Err() != nil { // before the stream was among those that follow or drain ends
		cancel()
	}
	return s, ctx, nil
}

// send writes the parts of an event.
func (s *stream) send(parts ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(parts...)
}

func (s *stream) write(parts ...string) error {
	if s.ended {
		return errStreamClosed
	}
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeWait))
	for _, part := range parts {
		if _, err := io.WriteString(s.w, part); err != nil {
			return err
		}
	}
	return s.rc.Flush()
}

// admitted reports whether the token of a stream, its session or its channel still lets it in.
func (c *call) admitted() bool {
	if c.route.permit == "" {
		_, _, err := c.service().Listener(c.secret)
		return err == nil
	}
	if c.session.ID != "" {
		_, t, err := c.service().Session(c.secret)
		return err == nil && t.Allows(c.route.permit, c.env)
	}
	t, err := c.service().Authenticate(c.secret)
	return err == nil && t.Allows(c.route.permit, c.env)
}

// heartbeat shows that the server is alive, and checks that the token is still valid. While a frame is being written it
// writes nothing: the frame is sign enough.
func (s *stream) heartbeat() {
	if !s.call.admitted() { // the token may have expired
		s.cancel()
		return
	}
	if !s.mu.TryLock() {
		s.timer.Reset(s.call.api.config.Heartbeat)
		return
	}
	defer s.mu.Unlock()
	if s.write(s.retry(), s.beat) != nil {
		s.cancel()
		return
	}
	s.timer.Reset(s.call.api.config.Heartbeat)
}

// close ends the stream. Nothing is written after it.
func (s *stream) close() {
	s.mu.Lock()
	s.ended = true
	s.timer.Stop()
	s.mu.Unlock()
	s.cancel()
	s.call.api.streams.remove(s)
}

// beat is a heartbeat in a stream of frames. Its data is empty but present: browsers don't dispatch events that have
// none.
const beat = "event: heartbeat\ndata:\n\n"

// getStream sends frames as they come. The first one brings the caller to the newest snapshot, unless it is there
// already.
func (c *call) getStream() error {
	format, err := c.format()
	if err != nil {
		return err
	}
	after, _ := engine.ParsePosition(c.lastEventID()) // a position that we didn't write can't be resumed
	after = c.resume(after, format)
	now, err := c.service().Snapshot(c.context(), c.env)
	if err != nil {
		return err
	}
	leave, ok := c.api.hosts.enter(c.rules.hosts, "", "")
	if !ok {
		return &api.Error{Code: api.Unavailable, Message: "there are too many streams"}
	}
	defer leave()
	s, ctx, err := c.openStream(beat)
	if err != nil {
		return err
	}
	defer s.close()
	first := ":\n\n" // sends the headers
	if now.Position().Same(after) {
		first = beat
	}
	if s.send(s.retry(), first) != nil {
		return nil
	}
	for frame, err := range c.service().WatchIn(ctx, c.env, after, format) {
		if err != nil {
			c.api.log.Debug("a stream ended", "environment", c.env, "error", err)
			return nil
		}
		if s.send("event: ", string(frame.Kind()), "\nid: ", frame.Position().String(), "\ndata: ", frame.Base64(), "\n\n") != nil {
			return nil
		}
	}
	return nil
}

// lastEventID returns the caller's last position.
func (c *call) lastEventID() string {
	return strings.TrimSpace(c.Request().Header.Get("Last-Event-ID"))
}

var errStreamClosed = errors.New("the stream is closed")

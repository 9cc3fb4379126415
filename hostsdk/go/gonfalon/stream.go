package gonfalon

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/tmaxmax/go-sse"
)

// Stream returns the source that follows the control plane's event stream. Where no stream gets through (a proxy may
// hold it back), each attempt fetches the snapshot once instead, so that flags are late rather than lost.
func Stream() Source { return stream{} }

type stream struct{}

const (
	// silence is how long a stream may say nothing: three heartbeats.
	silence = 45 * time.Second
	// settle is how long a stream has to send a snapshot to a client that resumes. Nothing by then means: you are
	// current.
	settle = 250 * time.Millisecond
	// maxEventBytes is the largest event: a snapshot in base64, and its other fields.
	maxEventBytes = (engine.MaxSnapshotBytes+2)/3*4 + 4096
)

var (
	errSilent = errors.New("gonfalon: the stream has gone silent")
	errEnded  = errors.New("gonfalon: the stream has ended")
)

func (s stream) Run(ctx context.Context, feed *Feed) error {
	err := s.follow(ctx, feed)
	if err == nil || ctx.Err() != nil || refuses(err) || feed.fed {
		return err
	}
	if instead := fetch(ctx, feed); instead != nil {
		return errors.Join(err, instead)
	}
	return err
}

// follow reads one connection to its end.
func (s stream) follow(ctx context.Context, feed *Feed) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()

	header := http.Header{"Accept": {"text/event-stream"}, "Cache-Control": {"no-cache"}}
	at := ""
	if info, ok := feed.Serving(); ok {
		at = info.Position.String()
		header.Set("Last-Event-ID", at)
	}
	response, err := feed.Get(ctx, snapshotPath(feed, "stream"), header)
	if err != nil {
		return because(ctx, err)
	}
	defer response.Body.Close()
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fmt.Errorf("gonfalon: %s answered %q instead of a stream", feed.client.token.line(response.Request.URL.Path), feed.client.token.line(kind))
	}
	current := time.AfterFunc(settle, func() { feed.client.status.confirm(feed.client) })
	defer current.Stop()
	body := &heard{Reader: response.Body, watchdog: watchdog}
	superseded := supersedes(response, at)
	for event, err := range sse.Read(body, &sse.ReadConfig{MaxEventSize: maxEventBytes}) {
		if err != nil {
			return body.later(feed.client.token.clean(because(ctx, err)))
		}
		current.Stop()
		if err := s.take(ctx, feed, &event, superseded); err != nil {
			return err
		}
		superseded = superseded && event.Type != "snapshot"
	}
	return body.later(because(ctx, errEnded))
}

// take handles one event; superseded says that a snapshot takes the place of what serves. Only what a whole snapshot
// didn't mend is an error.
func (s stream) take(ctx context.Context, feed *Feed, event *sse.Event, superseded bool) error {
	switch event.Type {
	case "heartbeat":
		feed.Confirm()
		return nil
	case "snapshot", "delta":
	default:
		return nil // of a later version
	}
	frame, err := base64.StdEncoding.DecodeString(strings.TrimSpace(event.Data))
	if err == nil {
		err = feed.take(frame, superseded)
	} else {
		err = feed.refuse(fmt.Errorf("gonfalon: %s event: %w", event.Type, err))
	}
	info, serves := feed.Serving()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrRefused) && serves:
		return nil // nothing is wrong with what serves
	case errors.Is(err, ErrRefused):
		return err
	case serves && covers(info.Position, event.LastEventID):
		return nil // a delta to what was fetched meanwhile
	}
	return fetch(ctx, feed)
}

// supersededHeader names in an answer the position whose place the snapshot takes, even with a lower revision.
const supersededHeader = "X-Gonfalon-Supersedes"

// supersedes reports whether an answer takes the place of what is at a position.
func supersedes(response *http.Response, at string) bool {
	return at != "" && response.Header.Get(supersededHeader) == at
}

// covers reports whether a host at p has what an event's id names.
func covers(p Position, id string) bool {
	at, ok := engine.ParsePosition(id)
	return ok && p.Covers(at)
}

// heard is a body whose every byte puts the watchdog off, and whose lines may say when to come back.
type heard struct {
	io.Reader
	watchdog *time.Timer
	line     []byte // the line so far, up to longestRetry
	retry    time.Duration
}

// longestRetry is room for the field retry, which the reader of events keeps to itself.
const longestRetry = len("retry: 9999999")

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		h.watchdog.Reset(silence)
	}
	for rest := p[:n]; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\r\n")
		line := rest
		if end >= 0 {
			line = rest[:end]
		}
		h.line = append(h.line, line[:min(len(line), longestRetry+1-len(h.line))]...)
		if end < 0 {
			break
		}
		if ms, ok := bytes.CutPrefix(h.line, []byte("retry:")); ok && len(h.line) <= longestRetry {
			if n, err := strconv.ParseUint(string(bytes.TrimPrefix(ms, []byte(" "))), 10, 32); err == nil {
				h.retry = min(time.Duration(n)*time.Millisecond, longestAsked)
			}
		}
		h.line, rest = h.line[:0], rest[end+1:]
	}
	return n, err
}

// later is err with the time to come back, if the stream named one.
func (h *heard) later(err error) error {
	if h.retry == 0 {
		return err
	}
	return &laterError{h.retry, err}
}

// because is err, or what ctx was ended for.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// snapshotPath is the path of an environment's snapshot or stream. It says which formats this SDK reads, so that a
// newer server writes one of them.
func snapshotPath(feed *Feed, what string) string {
	return "/v1/envs/" + url.PathEscape(feed.Environment()) + "/" + what + "?formats=" + strconv.Itoa(engine.Format)
}

// refuse counts and logs a frame that couldn't even be decoded.
func (f *Feed) refuse(err error) error {
	c := f.client
	c.store.mu.Lock()
	c.store.refused++
	c.store.mu.Unlock()
	c.config.Logger.Warn("gonfalon: a frame is refused, the snapshot before it goes on serving", "env", c.config.Environment, "error", err)
	return &FrameError{err}
}

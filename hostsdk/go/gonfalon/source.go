package gonfalon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Source brings snapshots and deltas. Stream, Poll, File and InProcess return one; you can write others, which call
// Feed.Take.
type Source interface {
	// Run brings frames until ctx ends; what it returns then doesn't matter. If it loses its connection before, it
	// returns the reason, and is called again after a pause. It returns nil only if nothing more will ever come: what
	// serves then stays.
	Run(ctx context.Context, feed *Feed) error
}

// Feed is a client as its source sees it. Its methods are for one goroutine at a time.
type Feed struct {
	client *Client
	fed    bool // this connection delivered something
}

// FrameError says why a frame changed nothing.
type FrameError struct{ Err error }

func (e *FrameError) Error() string { return e.Err.Error() }
func (e *FrameError) Unwrap() error { return e.Err }

// Take hands a frame to the client: a whole snapshot or a delta, which differ in their first byte. The client checks
// it, serves it, and keeps no part of it. A snapshot that it already serves counts as a sign of life. The error is a
// *FrameError: the frame changed nothing. It wraps ErrBase if a whole snapshot is needed.
func (f *Feed) Take(frame []byte) error { return f.take(frame, false) }

// Supersede is Take of a whole snapshot that takes the place of what serves even if its revision is lower: the source
// has made sure that it never had what serves.
func (f *Feed) Supersede(snapshot []byte) error { return f.take(snapshot, true) }

func (f *Feed) take(frame []byte, supersedes bool) error {
	if err := f.client.take(frame, supersedes); err != nil {
		return &FrameError{err}
	}
	f.fed = true
	return nil
}

// Confirm says that the source confirms what serves, by a heartbeat or an answer that nothing has changed.
func (f *Feed) Confirm() {
	f.fed = true
	f.client.status.confirm(f.client)
}

// Environment returns the key of the client's environment.
func (f *Feed) Environment() string { return f.client.config.Environment }

// Serving returns a description of the snapshot that serves; false if none does.
func (f *Feed) Serving() (SnapshotInfo, bool) { return f.client.Info() }

// Get requests a path below Config.Endpoint from the control plane, with the token. Redirects are followed within its
// origin only. Any status but 200 and 304 is an error.
func (f *Feed) Get(ctx context.Context, path string, header http.Header) (*http.Response, error) {
	config := &f.client.config
	if config.Endpoint == "" {
		return nil, errors.New("gonfalon: this source needs Config.Endpoint")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Endpoint+path, nil)
	if err != nil {
		return nil, err
	}
	for name := range header {
		request.Header.Set(name, header.Get(name))
	}
	response, err := f.client.do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusNotModified {
		return response, nil
	}
	defer response.Body.Close()
	return nil, f.client.failure(response)
}

// do sends a request with the token. What net/http says of an answer that is no HTTP has the server's bytes in it.
func (c *Client) do(request *http.Request) (*http.Response, error) {
	request.Header.Set("User-Agent", "gonfalon-go")
	if token := c.token.reveal(); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.config.HTTP.Do(request)
	return response, c.token.clean(err)
}

// maxDetail is how much of an error page is worth reading.
const maxDetail = 512

// failure makes an error of a response.
func (c *Client) failure(response *http.Response) error {
	limit := maxDetail + len(c.token.reveal())
	page, _ := io.ReadAll(io.LimitReader(response.Body, int64(limit)))
	detail := c.token.line(string(page))
	if len(page) == limit {
		detail = c.token.begun(string(page))
	}
	text := fmt.Sprintf("%s %s answered %s: %s", response.Request.Method, c.token.line(response.Request.URL.Path), c.token.line(response.Status), detail)
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return &RefusedError{Status: response.StatusCode, Detail: text}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &laterError{retryAfter(response.Header.Get("Retry-After"), time.Now()), errors.New("gonfalon: " + text)}
	}
	return errors.New("gonfalon: " + text)
}

// laterError is an error of an answer that says when to come back.
type laterError struct {
	after time.Duration
	error
}

func (e *laterError) Unwrap() error { return e.error }

// retryAfter reads the header: seconds or a date; 0 if there is none.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(longestAsked/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), longestAsked)
	}
	return 0
}

const (
	shortestPause = 500 * time.Millisecond
	longestPause  = 30 * time.Second
	longestAsked  = 5 * time.Minute // of a Retry-After
)

// listen runs the source, and runs it again each time it is lost.
func (c *Client) listen(ctx context.Context) {
	if c.config.Source == nil {
		return
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier, pauses.RandomizationFactor = shortestPause, longestPause, 2, 0.5
	pauses.Reset()
	for {
		feed := &Feed{client: c}
		err := attempt(func() error { return c.config.Source.Run(ctx, feed) })
		if ctx.Err() != nil {
			return
		}
		err = c.token.clean(err)
		c.status.lose(c, err)
		if err == nil {
			return
		}
		if feed.fed {
			pauses.Reset()
		}
		pause := pauses.NextBackOff()
		var later *laterError
		switch {
		case refuses(err):
			pause = longestPause/2 + rand.N(longestPause)
		case errors.As(err, &later):
			pause = max(pause, later.after)
		}
		c.config.Logger.Debug("gonfalon: the source is lost", "env", c.config.Environment, "error", err, "again", pause)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

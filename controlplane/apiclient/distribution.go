package apiclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// ReportUsage sends a report of at most 1,000 flags.
func (c *Client) ReportUsage(ctx context.Context, env string, u api.Usage) error {
	return c.post(ctx, path("envs", env, "usage"), u, WriteOptions{}, nil)
}

// UsageIndex says which flags are in use, for a list. stale is the age at which a flag is stale, such as "30d"; "" for
// 30 days.
func (c *Client) UsageIndex(ctx context.Context, env, stale string) (index api.UsageIndex, err error) {
	return index, c.get(ctx, path("envs", env, "usage"), values("stale", stale), &index)
}

// UsageHistory says how often a flag was evaluated, by hour or by day.
func (c *Client) UsageHistory(ctx context.Context, env, key, by string) (h api.UsageHistory, err error) {
	return h, c.get(ctx, path("envs", env, "flags", key, "usage"), values("by", by), &h)
}

// Hosts lists the hosts of an environment.
func (c *Client) Hosts(ctx context.Context, env string) (list api.HostList, err error) {
	return list, c.get(ctx, path("envs", env, "hosts"), nil, &list)
}

// Snapshot returns an environment's snapshot and its entity tag. If tag is the entity tag of the newest snapshot, the
// bytes are nil.
func (c *Client) Snapshot(ctx context.Context, env, tag string) ([]byte, string, error) {
	answer, err := c.send(ctx, request{
		method: http.MethodGet, path: path("envs", env, "snapshot"), header: map[string]string{"If-None-Match": tag},
	})
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotModified {
		return nil, tag, nil
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, engine.MaxSnapshotBytes+1))
	return data, answer.Header.Get("ETag"), err
}

// Event is one event of a stream.
type Event struct {
	Kind string // snapshot, delta or heartbeat
	ID   string // lineage and revision
	Data string // base64; empty for a heartbeat
}

// Stream yields an environment's events until the context or the connection ends. after is the ID to resume from, or
// "".
func (c *Client) Stream(ctx context.Context, env, after string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for event, err := range c.events(ctx, path("envs", env, "stream"), after, 2*engine.MaxSnapshotBytes) {
			if !yield(Event{Kind: event.Type, ID: event.LastEventID, Data: event.Data}, err) {
				return
			}
		}
	}
}

// Changes yields an environment's changes as they are made, until the context or the connection ends. after is the ID of
// the last event to resume after, or "". It skips events that this build doesn't know.
func (c *Client) Changes(ctx context.Context, env, after string) iter.Seq2[api.LiveEvent, error] {
	return func(yield func(api.LiveEvent, error) bool) {
		for event, err := range c.events(ctx, path("envs", env, "changes"), after, 1<<20) {
			e := api.LiveEvent{Kind: event.Type, ID: event.LastEventID}
			if err == nil {
				err = e.Read([]byte(event.Data))
			}
			if (err != nil || e.Known()) && !yield(e, err) {
				return
			}
		}
	}
}

// errSilent ends a stream of which nothing comes any more, not even a heartbeat.
var errSilent = errors.New("apiclient: the server is silent")

// events yields a stream's events.
func (c *Client) events(ctx context.Context, path, after string, most int) iter.Seq2[sse.Event, error] {
	return func(yield func(sse.Event, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		silence := c.Silence
		if silence <= 0 {
			silence = DefaultSilence
		}
		timer := time.AfterFunc(silence, func() { cancel(errSilent) })
		defer timer.Stop()
		answer, err := c.send(ctx, request{
			method: http.MethodGet, path: path, accept: "text/event-stream", endless: true,
			header: map[string]string{"Last-Event-ID": after},
		})
		if err != nil {
			yield(sse.Event{}, because(ctx, err))
			return
		}
		defer answer.Body.Close()
		body := heard{answer.Body, func() { timer.Reset(silence) }}
		for event, err := range sse.Read(body, &sse.ReadConfig{MaxEventSize: most}) {
			if err != nil {
				if err = because(ctx, fmt.Errorf("apiclient: %w", err)); errors.Is(err, errSilent) || ctx.Err() == nil && !errors.Is(err, io.EOF) {
					yield(sse.Event{}, err)
				}
				return
			}
			if !yield(event, nil) {
				return
			}
		}
	}
}

// because returns why a stream ended: silence shows as a context that ended.
func because(ctx context.Context, err error) error {
	if context.Cause(ctx) == errSilent {
		return errSilent
	}
	return err
}

// heard calls a function for whatever it reads.
type heard struct {
	io.Reader
	something func()
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		h.something()
	}
	return n, err
}

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	streamCount = 1_000
	changes     = 60
	pause       = 50 * time.Millisecond // between changes, so that each one gets its own frame
	streamFlags = 100
)

// streams times how long a change takes until every stream has decided again.
func streams(ctx context.Context, r *report) error {
	return withChild(ctx, func(c *child) error {
		if _, err := c.client.Import(ctx, "default", []byte(manyFlags(streamFlags)), api.Import{}, apiclient.WriteOptions{}); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		decided := make(chan decision, streamCount)
		var all sync.WaitGroup
		failed := make([]error, streamCount)
		transport := &http.Transport{MaxIdleConnsPerHost: streamCount}
		for i := range streamCount {
			all.Go(func() { failed[i] = follow(ctx, &http.Client{Transport: transport}, c.API, decided) })
		}
		times, err := measureChanges(ctx, c, decided)
		cancel()
		all.Wait()
		transport.CloseIdleConnections()
		if err := errors.Join(append(failed, err)...); err != nil {
			return err
		}
		return r.put(result{
			Name: fmt.Sprintf("controlplane/write to %d decisions", streamCount), P50: percentile(times, .5), P99: percentile(times, .99), Checked: len(times),
		})
	})
}

// decision is how a stream decides the changing flag, and when it first did.
type decision struct {
	enabled bool
	at      time.Time
}

func measureChanges(ctx context.Context, c *child, decided <-chan decision) ([]time.Duration, error) {
	gather := func(want bool, each func(decision)) error {
		for range streamCount {
			select {
			case d := <-decided:
				if d.enabled != want {
					return fmt.Errorf("a stream decided %t, want %t", d.enabled, want)
				}
				each(d)
			case <-time.After(time.Minute):
				return errors.New("not every stream decided anew within a minute")
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	if err := gather(false, func(decision) {}); err != nil { // their first snapshots
		return nil, err
	}
	var times []time.Duration
	for i := range changes {
		time.Sleep(pause)
		on := i%2 == 0
		change := c.client.Enable
		if !on {
			change = c.client.Disable
		}
		start := time.Now()
		wrote := make(chan error, 1)
		go func() {
			_, err := change(ctx, "default", "flag0", flagset.Scope{}, apiclient.WriteOptions{})
			wrote <- err
		}()
		err := gather(on, func(d decision) { times = append(times, d.at.Sub(start)) })
		if err := errors.Join(err, <-wrote); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// follow plays a host: it reads the stream, splices, loads and decides, and reports each decision that differs from
// the last.
func follow(ctx context.Context, client *http.Client, address string, decided chan<- decision) error {
	answer, err := get(ctx, client, "http://"+address+"/v1/envs/default/stream")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	reader := bufio.NewReaderSize(answer.Body, 64<<10)
	var held *engine.Snapshot
	var scratch engine.Scratch
	known, kind := false, ""
	last := decision{}
	for {
		line, err := reader.ReadString('\n')
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		if event, found := strings.CutPrefix(line, "event: "); found {
			kind = event
			continue
		}
		text, found := strings.CutPrefix(line, "data: ")
		if !found || kind == "heartbeat" {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		if kind == "delta" {
			if data, err = engine.Apply(held, data); err != nil {
				return err
			}
		}
		if held, err = engine.Load(data); err != nil {
			return err
		}
		var d engine.Decision
		held.Evaluate("flag0", &engine.Input{Actor: "user:0", Presence: engine.Keyed}, &scratch, &d)
		if !known || d.Enabled != last.enabled {
			known, last = true, decision{d.Enabled, time.Now()}
			decided <- last
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return answer, nil
}

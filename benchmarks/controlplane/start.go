package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine"
)

const startFlags = 10_000

// start fills a store, and times how long servers take to start on it.
func start(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "gonfalon-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var times []time.Duration
	for i := range 6 {
		c, err := startChild(ctx, dir)
		if err != nil {
			return err
		}
		if i == 0 {
			_, err = c.client.Import(ctx, "default", []byte(manyFlags(startFlags)), api.Import{}, apiclient.WriteOptions{})
		} else {
			times = append(times, time.Since(c.started))
			err = complete(ctx, c)
		}
		if err := errors.Join(err, c.stop()); err != nil {
			return err
		}
	}
	checked := len(times)
	return r.put(result{Name: fmt.Sprintf("controlplane/start with %d flags", startFlags), P50: percentile(times, .5), P99: percentile(times, .99), Checked: checked})
}

// complete checks that a server that says it is ready has every flag.
func complete(ctx context.Context, c *child) error {
	data, _, err := c.client.Snapshot(ctx, "default", "")
	if err != nil {
		return err
	}
	loaded, err := engine.Load(data)
	if err != nil {
		return err
	}
	if loaded.Len() != startFlags {
		return fmt.Errorf("%d flags when it was ready, want %d", loaded.Len(), startFlags)
	}
	return nil
}

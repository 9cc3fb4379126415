package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// memory opens streams and measures how much memory the server then holds.
func memory(ctx context.Context, r *report) error {
	return withChild(ctx, func(c *child) error {
		before, err := c.memory()
		if err != nil {
			return err
		}
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		var open []io.Closer
		defer func() {
			for _, body := range open {
				body.Close()
			}
		}()
		for range streamCount {
			answer, err := get(ctx, client, "http://"+c.API+"/v1/envs/default/stream") //nolint:bodyclose // all are closed together, when they have been counted
			if err != nil {
				return err
			}
			open = append(open, answer.Body)
			if err := untilSnapshot(answer.Body); err != nil {
				return err
			}
		}
		after, err := c.memory()
		if err != nil {
			return err
		}
		per := func(before, after uint64) int64 { return (int64(after) - int64(before)) / streamCount }
		if err := r.put(result{Name: "controlplane/idle stream, heap and stack", Bytes: per(before.Heap+before.Stacks, after.Heap+after.Stacks), Checked: streamCount}); err != nil {
			return err
		}
		return r.put(result{Name: "controlplane/idle stream, resident", Bytes: per(before.Resident, after.Resident), Checked: streamCount})
	})
}

func untilSnapshot(body io.Reader) error {
	for lines := bufio.NewScanner(body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: ") {
			return nil
		}
	}
	return errors.New("the stream ended before its first snapshot")
}

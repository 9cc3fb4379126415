package gonfalon

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Poll returns the source that fetches the snapshot at intervals; the control plane answers 304 if nothing has
// changed. 0 is DefaultPoll. Intervals have a jitter of a tenth.
func Poll(every time.Duration) Source {
	if every <= 0 {
		every = DefaultPoll
	}
	return poll{every}
}

// jittered returns a time that is longer or shorter than d by up to this share of it. A program may say never by the
// longest duration there is.
func jittered(d time.Duration, share float64) time.Duration {
	const never = 100 * 365 * 24 * time.Hour
	return time.Duration(float64(min(d, never)) * (1 + share*(2*rand.Float64()-1)))
}

const (
	// DefaultPoll is the time between two polls.
	DefaultPoll = 15 * time.Second

	// patience is how long one answer may take: 32 MiB at 1 MiB a second.
	patience = 32 * time.Second
)

// positionHeader names in a request the position of what serves.
const positionHeader = "X-Gonfalon-Position"

type poll struct{ every time.Duration }

func (p poll) Run(ctx context.Context, feed *Feed) error {
	for {
		if err := fetch(ctx, feed); err != nil {
			return err
		}
		timer := time.NewTimer(jittered(p.every, 0.1))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// fetch asks for the snapshot once. A replica that is a little behind is no error.
func fetch(ctx context.Context, feed *Feed) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	header := http.Header{}
	info, serves := feed.Serving()
	at := ""
	if serves {
		at = info.Position.String()
		header.Set("If-None-Match", `"`+hex.EncodeToString(info.ID[:])+`"`)
		header.Set(positionHeader, at)
	}
	response, err := feed.Get(ctx, snapshotPath(feed, "snapshot"), header)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotModified {
		if !serves {
			return errors.New("gonfalon: the control plane answered 304 to a client that has nothing")
		}
		feed.Confirm()
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, engine.MaxSnapshotBytes+1))
	if err != nil {
		return fmt.Errorf("gonfalon: reading a snapshot: %w", feed.client.token.clean(err))
	}
	err = feed.take(data, supersedes(response, at))
	if errors.Is(err, ErrRefused) && serves {
		return nil
	}
	return err
}

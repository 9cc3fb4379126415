package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// tail tells the entries of an environment's audit as they are written: each once, in order. The stream of changes says how far
// there are entries, and the audit has them. So a tail misses nothing and repeats nothing, however often the server, its store
// or the network is lost.
type tail struct {
	client *apiclient.Client
	env    string
	tell   func(api.AuditEntry) error
	count  func(api.HostCount) error // is told how many hosts serve the newest revision; nil: no one asks
	remark func(format string, args ...any)

	after int64  // the revision of the entry that was told last; < 0 before the stream has said where the environment is
	place string // the stream's last event of which everything is told
}

// The pauses before a tail comes back. A person waits for it.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 5 * time.Second
)

// newTail returns a tail of what changes from now on, or since a time.
func (n *connection) newTail(ctx context.Context, c *cobra.Command, client *apiclient.Client, since string) (*tail, error) {
	t := &tail{client: client, env: n.env, after: -1, remark: func(format string, args ...any) {
		_ = say(c.ErrOrStderr(), format+"\n", args...) // what changed is more important
	}}
	now, err := client.Environment(ctx, t.env)
	if err != nil || since == "" {
		return t, err
	}
	from, err := moment(since)
	if err != nil {
		return nil, usagef("--since: %w", err)
	}
	t.after = now.Revision // what comes while the audit is read is told, too
	query := apiclient.AuditQuery{Environment: t.env, Since: from, Limit: 1000}
	for first := true; first || query.Cursor != ""; first = false {
		page, err := client.Audit(ctx, query)
		if err != nil {
			return nil, err
		}
		if some := page.Entries; len(some) > 0 {
			t.after = some[len(some)-1].Revision - 1
		}
		query.Cursor = page.Next
	}
	return t, nil
}

// run tells entries until somebody says stop, or the server says that there is nothing to come back to.
func (t *tail) run(ctx context.Context) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstPause, lastPause
	pauses.Reset()
	var lost time.Time // since when; zero while something comes
	for {
		err := t.read(ctx, func() {
			pauses.Reset()
			if !lost.IsZero() {
				t.remark("back at %s after %s", t.client.Endpoint, time.Since(lost).Round(time.Second/10))
				lost = time.Time{}
			}
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case !comesBack(err):
			return err
		case lost.IsZero():
			lost = time.Now()
			t.remark("cut off from %s: %s; it comes back by itself", t.client.Endpoint, firstLine(err))
		}
		select {
		case <-time.After(pauses.NextBackOff()):
		case <-ctx.Done():
			return nil
		}
	}
}

// errEnded is a stream that ended well, as those of a server do that shuts down.
var errEnded = errors.New("the server ended the stream")

// toldError is a failure to tell, such as a closed pipe.
type toldError struct{ error }

func (e toldError) Unwrap() error { return e.error }

// comesBack reports whether what failed may go well later.
func comesBack(err error) bool {
	var refused *apiclient.Error
	var untold toldError
	switch {
	case errors.As(err, &untold):
		return false
	case errors.As(err, &refused):
		return refused.Status >= 500 || refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusRequestTimeout
	}
	return true
}

// firstLine returns an error for a line of its own.
func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(text, "apiclient: ")
}

// read tells what one stream brings. came is called for each event.
func (t *tail) read(ctx context.Context, came func()) error {
	for e, err := range t.client.Changes(ctx, t.env, t.place) {
		if err != nil {
			return err
		}
		if e.At == nil && e.Change == nil && t.after < 0 {
			continue // the stream has not said where it is
		}
		came()
		switch {
		case e.At != nil && t.after >= 0 && t.place != "" && lineageOf(e.ID) != lineageOf(t.place):
			t.remark("%s was restored or made again: it goes on after revision %d, and gonfalon audit has what came before", t.env, e.At.Revision)
			t.after = e.At.Revision
		case e.At != nil && t.after < 0:
			t.remark("%s is at revision %d; what changes from now on is told until you stop it", t.env, e.At.Revision)
			t.after = e.At.Revision
		case e.At != nil:
			err = t.catchUp(ctx, e.At.Revision)
		case e.Change != nil:
			err = t.catchUp(ctx, e.Change.Revision)
		case t.count != nil:
			err = told(t.count(*e.Hosts))
		}
		if err != nil {
			return err
		}
		if e.ID != "" {
			t.place = e.ID
		}
	}
	return errEnded
}

// lineageOf returns the part of an event's ID that differs if an environment is restored or made again.
func lineageOf(id string) string {
	lineage, _, _ := strings.Cut(id, "-")
	return lineage
}

func told(err error) error {
	if err != nil {
		return toldError{err}
	}
	return nil
}

// catchUp tells every entry up to a revision.
func (t *tail) catchUp(ctx context.Context, revision int64) error {
	gone := 0
	defer func() {
		if gone > 0 {
			t.remark("%s can't be told: the audit no longer has what is so old", count(gone, "change"))
		}
	}()
	for ; t.after < revision; t.after++ {
		e, err := t.client.AuditEntry(ctx, t.env, t.after+1)
		if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusNotFound {
			gone++
			continue
		}
		if err == nil {
			err = told(t.tell(e))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

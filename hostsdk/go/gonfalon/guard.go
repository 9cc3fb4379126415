package gonfalon

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/internal/strict"
)

// guard calls a function of the program's. If it panics, that is logged once, and nothing else ends; only a strict test's panic is
// meant to end it.
func (c *Client) guard(what string, call func()) {
	defer func() {
		r := recover()
		if _, meant := r.(strict.Violation); meant {
			panic(r)
		}
		if r != nil {
			c.panicked(what, r)
		}
	}()
	call()
}

func (c *Client) panicked(what string, r any) {
	why := said(r)
	if c.first(what + why) {
		c.config.Logger.Error("gonfalon: "+what+" panicked", "env", c.config.Environment, "panic", why, "stack", string(debug.Stack()))
	}
}

// attempt calls a function of the program's that can fail. A panic is its error.
func attempt(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("gonfalon: it panicked: %s", said(r))
		}
	}()
	return call()
}

// steady is a program's log handler, of which no decision fails because it panics.
type steady struct{ slog.Handler }

// Enabled reports false if the handler panics.
func (s steady) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return s.Handler.Enabled(ctx, level)
}

// Handle leaves out what the handler panics at.
func (s steady) Handle(ctx context.Context, record slog.Record) error {
	return attempt(func() error { return s.Handler.Handle(ctx, record) })
}

// said returns the text of a panic, whose own methods may panic too.
func said(r any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a %T", r)
		}
	}()
	return beginning(fmt.Sprint(r), maxLine)
}

package gonfalon

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

// mistakes counts what programs and engines get wrong in a decision, which never fails for it.
type mistakes struct {
	broken     atomic.Int64 // the engine failed
	unknown    atomic.Int64 // there is no such flag
	unreadable atomic.Int64 // a context had something in it that can't be read

	logged  sync.Map // what was logged already, by its text
	entries atomic.Int64
}

const (
	// maxLogged bounds how many mistakes are logged, and remembered.
	maxLogged = 1000
	// maxLoggedText bounds what is remembered of one.
	maxLoggedText = 256
)

// first reports whether a mistake is to be logged: it is the first of its kind.
func (m *mistakes) first(text string) bool {
	text = text[:min(len(text), maxLoggedText)]
	if _, known := m.logged.Load(text); known || m.entries.Load() >= maxLogged {
		return false
	}
	if _, known := m.logged.LoadOrStore(strings.Clone(text), nil); known {
		return false
	}
	m.entries.Add(1)
	return true
}

// undecided notes that no flag was decided: the flag is unknown to g, or err kept the engine from deciding.
func (c *Client) undecided(g *generation, key string, err error) {
	switch {
	case g != nil:
		c.unknown.Add(1)
		if c.first("flag " + key) {
			c.config.Logger.Warn("gonfalon: there is no such flag; it counts as off", "env", c.config.Environment, "flag", beginning(key, maxLoggedText))
		}
	case errors.Is(err, ErrContext):
		c.unread(err.Error())
	case err != nil:
		c.broken.Add(1)
		if c.first(err.Error()) {
			c.config.Logger.Error("gonfalon: the engine failed; callers get their defaults", "env", c.config.Environment, "flag", beginning(key, maxLoggedText), "error", err)
		}
	}
}

// unread notes that a context couldn't be read, in part or at all.
func (c *Client) unread(what string) {
	c.unreadable.Add(1)
	if c.first(what) {
		c.config.Logger.Warn("gonfalon: a context can't be read as it is", "env", c.config.Environment, "because", what)
	}
}

package model

import (
	"maps"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Unreadable is a record that this build can't read, because a newer one wrote it or it is damaged. It takes nothing
// else with it: hosts get its compiled form if that can be read, else its last version that could, else nothing.
// Why: RATIONALE.md "What becomes of a record that a replica can't read?"
type Unreadable struct {
	Kind  snapshot.Kind
	Key   string
	Value []byte // as the store has it, so that nobody loses it; nil if only the document can't be read
	Err   error
}

// NewUnreadable returns a record that can't be read, and why.
func NewUnreadable(kind snapshot.Kind, key string, value []byte, err error) *Unreadable {
	return &Unreadable{Kind: kind, Key: key, Value: value, Err: err}
}

// Name returns the record's kind and key, such as flag/new_checkout.
func (u *Unreadable) Name() string { return kindName(u.Kind) + "/" + u.Key }

// Refusal returns the error of whoever asks for the record, or wants to change it.
func (u *Unreadable) Refusal() error {
	message := "the " + kindName(u.Kind) + " " + u.Key + " can't be read by this build: a newer one wrote it, or it is damaged"
	return &api.Error{Code: api.Unavailable, Message: message, Err: u.Err}
}

// Readable returns an error that names the records that can't be read, or nil.
func (s *State) Readable() error {
	if len(s.Unreadable) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(s.Unreadable))
	message := "this build can't read " + strings.Join(names, ", ") + ": newer ones wrote them, or they are damaged"
	return &api.Error{Code: api.Unavailable, Message: message, Err: s.Unreadable[names[0]].Err}
}

// UnreadableRecord returns a record that can't be read, or nil.
func (s *State) UnreadableRecord(kind snapshot.Kind, key string) *Unreadable {
	return s.Unreadable[kindName(kind)+"/"+key]
}

// WithUnreadable returns the state with other records that can't be read.
func (s *State) WithUnreadable(list []*Unreadable) *State {
	next := *s
	next.Unreadable = make(map[string]*Unreadable, len(list))
	for _, u := range list {
		next.Unreadable[u.Name()] = u
	}
	return &next
}

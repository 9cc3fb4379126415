package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Past holds the documents of an environment while it is wound back.
type Past struct {
	Head  Head
	Known map[string]*Record     // kind/key: the record in the state or the checkpoint
	Text  map[string][]byte      // kind/key: the document after undoing changes; nil if it doesn't exist
	Lost  map[string]*Unreadable // kind/key: what this build can't wind back
}

// NewPast returns a past without records.
func NewPast(h Head) *Past {
	return &Past{Head: h, Known: map[string]*Record{}, Text: map[string][]byte{}, Lost: map[string]*Unreadable{}}
}

// PastOf returns a past that begins at a state.
func PastOf(st *State) *Past {
	p := NewPast(st.Head)
	maps.Copy(p.Lost, st.Unreadable)
	for r := range st.Records() {
		p.Known[r.Name()] = r
	}
	return p
}

// Undo undoes the changes of an audit entry.
func (p *Past) Undo(e *api.AuditEntry) error {
	for i := range e.Changes {
		c := &e.Changes[i]
		name := c.Kind + "/" + c.Key
		switch c.Kind {
		case api.KindEnvironment:
			var was struct {
				Conflict    *string `json:"group_conflict"`
				Description *string `json:"description"`
			}
			if len(c.Before) > 0 {
				if err := json.Unmarshal(c.Before, &was); err != nil {
					return fmt.Errorf("%w: revision %d: %w", stored.ErrBroken, e.Revision, err)
				}
			}
			if was.Conflict != nil {
				p.Head.Conflict = *was.Conflict
			}
			if was.Description != nil {
				p.Head.Description = *was.Description
			}
		case api.KindFlag, api.KindSegment:
			now, undone := p.Text[name]
			if r := p.Known[name]; !undone && r != nil {
				now = r.text
			}
			before, err := undo(c, now)
			if err != nil {
				kind, key := splitName(name)
				p.Lost[name] = NewUnreadable(kind, key, nil, fmt.Errorf("revision %d: %w", e.Revision, err))
				continue
			}
			p.Text[name] = before
			if before == nil {
				delete(p.Lost, name) // it did not exist yet
			}
		}
	}
	return nil
}

// State compiles the documents that changed, and takes the other records as they are.
func (p *Past) State(now *State, revision int64) (*State, error) {
	h := p.Head
	h.Revision = revision
	lost := maps.Clone(p.Lost)
	var with Replacements
	for name, text := range p.Text {
		kind, key := splitName(name)
		if text == nil {
			with.Set(kind, key, nil)
			continue
		}
		d, err := readDocument(kind, text)
		if err != nil {
			lost[name] = NewUnreadable(kind, key, nil, err)
			with.Set(kind, key, nil)
			continue
		}
		r, _, err := newRecord(d.canonical(), Meta{}) // whatever is wrong with it: it was there
		if err != nil {
			return nil, err
		}
		with.Set(kind, key, r)
	}
	var base Replacements
	for name, r := range p.Known {
		kind, key := splitName(name)
		base.Set(kind, key, r)
	}
	list := func(kind snapshot.Kind) []*Record { return Merge(Merge(nil, base[kind]), with[kind]) }
	st := NewState(now.Env, h, now.HeadAt, now.At, list(snapshot.FlagRecord), list(snapshot.SegmentRecord))
	return st.WithUnreadable(slices.Collect(maps.Values(lost))), nil
}

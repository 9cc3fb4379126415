package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// at returns an environment as it was. It winds the newest state back, change by change, with what the audit holds of each; checkpoints
// shorten the way. An error has the code NotFound (no such revision yet) or Gone (past the retention, or before the environment was
// created).
func (s *Service) at(ctx context.Context, env string, at At) (*state, error) {
	st, err := s.current(ctx, env)
	if err != nil || at.now() {
		return st, err
	}
	revision := at.Revision
	if revision == 0 {
		if revision, err = s.revisionAt(ctx, st, at); err != nil {
			return nil, err
		}
	}
	switch {
	case revision > st.head.Revision:
		return nil, fail(NotFound, "the environment is at revision %d; there is no revision %d yet", st.head.Revision, revision)
	case revision < st.head.Floor:
		return nil, fail(Gone, "revision %d can't be rebuilt: the audit of this environment goes back to revision %d", revision, st.head.Floor)
	case revision == st.head.Revision:
		return st, nil
	}
	return s.windBack(ctx, st, revision)
}

// revisionAt returns the last revision at a time. Times rise with revisions, so it needs only a few reads.
func (s *Service) revisionAt(ctx context.Context, st *state, at At) (int64, error) {
	us := at.Time.UnixMicro()
	if us >= st.head.Time {
		return st.head.Revision, nil
	}
	var failed error
	floor := st.head.Floor
	n := sort.Search(int(st.head.Revision-floor)+1, func(i int) bool {
		e, err := store.ReadOne(ctx, s.store, auditKey(st.env, floor+int64(i)))
		if err != nil || e.Revision == 0 {
			// The floor's own entry may already be trimmed. Its time is before every time that can be asked for.
			if err != nil || i > 0 {
				failed = fmt.Errorf("revision %d of the audit can't be read: %w", floor+int64(i), orMissing(err))
			}
			return false
		}
		entry, _, err := parseEntry(st.env, e)
		if err != nil {
			failed = err
			return false
		}
		return entry.Time.UnixMicro() > us
	})
	if failed != nil {
		return 0, unavailable("the past can't be read", failed)
	}
	if n == 0 {
		return 0, fail(Gone, "the audit of this environment does not go back to %s", at.Time.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return floor + int64(n) - 1, nil
}

func orMissing(err error) error {
	if err == nil {
		return errBroken
	}
	return err
}

// past holds the documents of an environment while it is wound back.
type past struct {
	head  head
	known map[string]*record // kind/key: the record in the state or the checkpoint
	text  map[string][]byte  // kind/key: the document after undoing changes; nil if it doesn't exist
}

// windBack undoes every change after a revision.
func (s *Service) windBack(ctx context.Context, st *state, revision int64) (*state, error) {
	p, from, err := s.checkpointFrom(ctx, st, revision)
	if err != nil {
		return nil, unavailable("the past can't be read", err)
	}
	if p == nil {
		p, from = pastOf(st), st.head.Revision
	}
	r := store.Range{From: auditKey(st.env, from), To: auditKey(st.env, revision)} // newest first
	next := from
	_, err = store.ReadAll(ctx, s.store, r, func(e store.Entry) error {
		entry, err := s.fullEntry(ctx, st.env, e)
		if err != nil {
			return err
		}
		if entry.Revision != next {
			return fmt.Errorf("%w: revision %d is missing in the audit", errBroken, next)
		}
		next--
		return p.undo(&entry)
	})
	if err == nil && next != revision {
		err = fmt.Errorf("%w: revision %d is missing in the audit", errBroken, next)
	}
	if err != nil {
		return nil, unavailable("the past can't be rebuilt", err)
	}
	return p.state(st, revision)
}

func pastOf(st *state) *past {
	p := &past{head: st.head, known: map[string]*record{}, text: map[string][]byte{}}
	for _, list := range [][]*record{st.flags, st.segments} {
		for _, r := range list {
			p.known[r.kind()+"/"+r.key()] = r
		}
	}
	return p
}

func (p *past) undo(e *AuditEntry) error {
	for i := range e.Changes {
		c := &e.Changes[i]
		name := c.Kind + "/" + c.Key
		switch c.Kind {
		case KindEnvironment:
			var was struct {
				Conflict    *string `json:"group_conflict"`
				Description *string `json:"description"`
			}
			if len(c.Before) > 0 {
				if err := json.Unmarshal(c.Before, &was); err != nil {
					return fmt.Errorf("%w: revision %d: %w", errBroken, e.Revision, err)
				}
			}
			if was.Conflict != nil {
				p.head.Conflict = *was.Conflict
			}
			if was.Description != nil {
				p.head.Description = *was.Description
			}
		case KindFlag, KindSegment:
			now, undone := p.text[name]
			if r := p.known[name]; !undone && r != nil {
				now = r.document
			}
			before, err := c.undo(now)
			if err != nil {
				return fmt.Errorf("%w: revision %d: %s: %w", errBroken, e.Revision, name, err)
			}
			p.text[name] = before
		}
	}
	return nil
}

// state compiles the documents that changed, and takes the other records as they are.
func (p *past) state(now *state, revision int64) (*state, error) {
	h := p.head
	h.Revision = revision
	var with replacements
	for name, text := range p.text {
		kind, key := splitName(name)
		if text == nil {
			with.set(kind, key, nil)
			continue
		}
		r, err := parseDocument(kind, text)
		if err != nil {
			return nil, err
		}
		with.set(kind, key, r)
	}
	base := replacements{}
	for name, r := range p.known {
		kind, key := splitName(name)
		base.set(kind, key, r)
	}
	flags, segments := merge(merge(nil, base.flags), with.flags), merge(merge(nil, base.segments), with.segments)
	return newState(now.env, h, now.headAt, now.at, flags, segments), nil
}

func splitName(name string) (snapshot.Kind, string) {
	if key, ok := strings.CutPrefix(name, KindFlag+"/"); ok {
		return snapshot.FlagRecord, key
	}
	key, _ := strings.CutPrefix(name, KindSegment+"/")
	return snapshot.SegmentRecord, key
}

// parseDocument compiles a document of the past, even if something is wrong with it, because it did exist.
func parseDocument(kind snapshot.Kind, text []byte) (*record, error) {
	if kind == snapshot.FlagRecord {
		f, problems := flagset.ParseFlag(text)
		if err := flagset.Err(problems); err != nil {
			return nil, err
		}
		f = f.Canonical()
		r, _, err := newFlagRecord(&f, recordMeta{}, snapshot.Tolerant)
		return r, err
	}
	g, problems := flagset.ParseSegment(text)
	if err := flagset.Err(problems); err != nil {
		return nil, err
	}
	g = g.Canonical()
	r, _, err := newSegmentRecord(&g, recordMeta{}, snapshot.Tolerant)
	return r, err
}

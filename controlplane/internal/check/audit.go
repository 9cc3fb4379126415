package check

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// audit checks that the audit has every revision from the newest down to the floor, that its times fall from each to
// the next, and that each change can be undone. It also checks the checkpoints, since both have bodies.
func (w *walker) audit(st *model.State) error {
	h := &st.Head
	bodies := map[string]bool{} // the bodies that something names
	past := model.PastOf(st)
	next, later := h.Revision, h.Time+1
	err := w.read(stored.AuditPrefix+st.Env+"/", func(e store.Entry) { // newest first
		entry, raw, err := stored.ParseEntry(st.Env, e)
		if err != nil {
			w.report(e.Key, "the audit entry can't be read: %v", err)
			next--
			return
		}
		if raw.Body != "" {
			bodies[raw.Body] = true
			if err := stored.ReadBody(w.ctx, w.store, st.Env, raw.Body, raw.Parts, &entry.Changes); err != nil {
				w.report(e.Key, "the changes of the audit entry can't be read: %v", err)
				next, past = entry.Revision-1, nil
				return
			}
		}
		switch {
		case entry.Revision > h.Revision:
			w.report(e.Key, "revision %d is after the newest, %d", entry.Revision, h.Revision)
			return
		case entry.Revision <= h.Floor:
			return // the rest of a deleted environment, and the floor itself, may be deleted at any time
		case entry.Revision != next:
			w.missing(st.Env, next, entry.Revision)
			past = nil // revisions before can't be checked
		case entry.Revision == h.Revision && !bytes.Equal(raw.Nonce, h.Nonce):
			w.report(e.Key, "the newest entry is of another change than the head")
		}
		if raw.Time >= later {
			w.report(e.Key, "its time is not before that of the next entry")
		}
		next, later = entry.Revision-1, raw.Time
		if past != nil {
			past = w.undo(e.Key, past, &entry)
		}
	})
	if err != nil {
		return err
	}
	w.missing(st.Env, next, h.Floor)
	if past != nil && st.Env != stored.System && !h.Deleted {
		if _, err := past.State(st, h.Floor); err != nil {
			w.report(stored.HeadKey(st.Env), "revision %d can't be rebuilt: %v", h.Floor, err)
		}
	}
	if err := w.checkpoints(st, bodies); err != nil {
		return err
	}
	return w.bodies(st, bodies)
}

// missing reports the revisions from one down to another, without the latter.
func (w *walker) missing(env string, from, to int64) {
	switch from - to {
	case 0:
	case 1:
		w.report(stored.AuditKey(env, from), "revision %d is missing in the audit", from)
	default:
		if from > to {
			w.report(stored.AuditKey(env, from), "revisions %d to %d are missing in the audit", to+1, from)
		}
	}
}

// undo undoes an entry's changes. It returns nil if that can't be done.
func (w *walker) undo(key string, past *model.Past, entry *api.AuditEntry) *model.Past {
	known := len(past.Lost)
	if err := past.Undo(entry); err != nil {
		w.report(key, "the change can't be undone: %v", err)
		return nil
	}
	if len(past.Lost) > known {
		w.report(key, "the change can't be undone")
	}
	return past
}

// checkpoints checks that each can be read, and notes their bodies.
func (w *walker) checkpoints(st *model.State, bodies map[string]bool) error {
	newest := false
	err := w.read(stored.CheckpointPrefix+st.Env+"/", func(e store.Entry) {
		revision, err := stored.RevisionOf(e.Key)
		if err != nil || revision > st.Head.Revision {
			w.report(e.Key, "it is of no revision of the environment")
			return
		}
		newest = newest || revision == st.Head.Checkpoint
		var c stored.Checkpoint
		if err := stored.Unmarshal(e.Value, &c); err != nil {
			w.report(e.Key, "the checkpoint can't be read: %v", err)
			return
		}
		bodies[c.Body] = true
		if err := w.checkpoint(st.Env, revision, &c); err != nil {
			w.report(e.Key, "the checkpoint can't be read: %v", err)
		}
	})
	if h := &st.Head; err == nil && h.Checkpoint > h.Floor && !newest {
		w.report(stored.CheckpointKey(st.Env, h.Checkpoint), "the newest checkpoint is missing")
	}
	return err
}

func (w *walker) checkpoint(env string, revision int64, c *stored.Checkpoint) error {
	h, err := model.ParseHead(c.Head)
	if err != nil {
		return err
	}
	if h.Revision != revision {
		return fmt.Errorf("its head is at revision %d", h.Revision)
	}
	var records []stored.CheckpointRecord
	if err := stored.ReadBody(w.ctx, w.store, env, c.Body, c.Parts, &records); err != nil {
		return err
	}
	for _, r := range records {
		if _, err := model.ParseRecord(r.RecordKind(), r.Key, r.Raw, nil); err != nil {
			return err
		}
	}
	return nil
}

// bodies reports parts of bodies that neither an audit entry nor a checkpoint names.
func (w *walker) bodies(st *model.State, named map[string]bool) error {
	prefix := stored.BodyPrefix + st.Env + "/"
	return w.read(prefix, func(e store.Entry) {
		id, _, _ := strings.Cut(strings.TrimPrefix(e.Key, prefix), "/")
		if !named[id] && len(st.Head.Stages) == 0 {
			w.litter(e.Key, "neither an audit entry nor a checkpoint has this body")
		}
	})
}

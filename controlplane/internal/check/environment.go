package check

import (
	"context"
	"crypto/sha256"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// environment checks everything in one environment.
func (w *walker) environment(env string) error {
	e := w.heads[env]
	h, err := model.ParseHead(e.Value)
	if err != nil {
		w.report(e.Key, "the head can't be read: %v", err)
		return nil
	}
	w.head(e.Key, &h)
	flags, err := w.records(env, &h, snapshot.FlagRecord)
	if err != nil {
		return err
	}
	segments, err := w.records(env, &h, snapshot.SegmentRecord)
	if err != nil {
		return err
	}
	st := model.NewState(env, h, e.Revision, e.Revision, flags, segments)
	if env != stored.System && !h.Deleted {
		w.snapshot(e.Key, st)
	}
	for _, step := range []func(*model.State) error{w.pieces, w.audit, w.failures, w.reports} {
		if err := step(st); err != nil {
			return err
		}
	}
	return nil
}

// head checks that the numbers of a head fit together.
func (w *walker) head(key string, h *model.Head) {
	switch {
	case h.Revision < 1:
		w.report(key, "the revision is %d", h.Revision)
	case h.Floor > h.Revision:
		w.report(key, "the earliest revision that can be rebuilt is %d, after the newest, %d", h.Floor, h.Revision)
	case h.Checkpoint > h.Revision:
		w.report(key, "the newest checkpoint is of revision %d, after the newest, %d", h.Checkpoint, h.Revision)
	case h.SettingsRevision > h.Revision:
		w.report(key, "the settings are of revision %d, after the newest, %d", h.SettingsRevision, h.Revision)
	case h.Created > h.Time:
		w.report(key, "it was created after its last change")
	}
}

// records reads the records of a kind, and checks each by itself. It leaves out records that can't be read.
func (w *walker) records(env string, h *model.Head, kind snapshot.Kind) ([]*model.Record, error) {
	source := stored.AllPieces(w.store, env, 0)
	var list []*model.Record
	prefix := stored.RecordPrefix(env, h.Generation, kind)
	all := strings.TrimSuffix(prefix, h.Generation+"/")
	err := w.read(all, func(e store.Entry) {
		generation, _, _ := strings.Cut(strings.TrimPrefix(e.Key, all), "/")
		switch {
		case h.Staged(generation):
			return // it isn't visible yet
		case generation != h.Generation || h.Deleted:
			w.litter(e.Key, "it belongs to a generation that was replaced")
			return
		}
		raw, layout, err := stored.Decode(w.ctx, e.Value, source)
		if err != nil {
			w.report(e.Key, "the record can't be read: %v", err)
			return
		}
		r, err := model.ParseRecord(kind, stored.Tail(e.Key), raw, layout)
		if err != nil {
			w.report(e.Key, "the record can't be read: %v", err)
			return
		}
		list = append(list, r)
		switch faults := r.Faults(); {
		case len(faults) > 0:
			for _, fault := range faults {
				w.report(e.Key, "%s", fault)
			}
		case r.Meta.Revision > h.Revision:
			w.report(e.Key, "it was changed at revision %d, and the environment is at %d", r.Meta.Revision, h.Revision)
		}
	})
	return list, err
}

// snapshot checks that the records make a snapshot that the engine loads.
func (w *walker) snapshot(key string, st *model.State) {
	if err := st.CheckSize(); err != nil {
		w.report(key, "%v", err)
		return
	}
	loaded, err := feed.NewSnapshot(st, feed.BuiltIn()).Engine()
	switch {
	case err != nil:
		w.report(key, "the engine doesn't load the snapshot: %v", err)
	case int(loaded.Len()) != len(st.Flags):
		w.report(key, "the snapshot has %d flags, the environment %d", loaded.Len(), len(st.Flags))
	}
}

// pieces checks that each piece has the content that its name stands for, and that a record names it.
func (w *walker) pieces(st *model.State) error {
	named := map[string]bool{}
	for r := range st.Records() {
		for _, p := range r.Pieces {
			named[stored.PieceKey(st.Env, p.Name)] = true
		}
	}
	return w.read(stored.PiecePrefix+st.Env+"/", func(e store.Entry) {
		data, _, err := stored.Decode(w.ctx, e.Value, func(context.Context, string) ([]byte, error) { return nil, stored.ErrBroken })
		name := sha256.Sum256(data)
		switch {
		case err != nil:
			w.report(e.Key, "the piece can't be read: %v", err)
		case stored.PieceKey(st.Env, string(name[:])) != e.Key:
			w.report(e.Key, "the piece is not what its name says")
		case !named[e.Key] && len(st.Head.Stages) == 0:
			w.litter(e.Key, "no record has this piece")
		}
	})
}

// failures checks the refused changes.
func (w *walker) failures(st *model.State) error {
	return w.read(stored.FailurePrefix+st.Env+"/", func(e store.Entry) {
		var f stored.Failure
		if err := stored.Unmarshal(e.Value, &f); err != nil {
			w.report(e.Key, "the refused change can't be read: %v", err)
			return
		}
		stamp, _, _ := strings.Cut(stored.Tail(e.Key), "-")
		if _, err := stored.RevisionOf(stamp); err != nil {
			w.report(e.Key, "the time of the refused change can't be read: %v", err)
		}
	})
}

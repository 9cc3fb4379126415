package check

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// Violation is a broken invariant of a store.
// Why: RATIONALE.md "Why does `gonfalon check` call some of what it finds litter?"
type Violation struct {
	Key    string `json:"key"` // the key that is broken or missing
	Detail string `json:"detail"`
	Litter bool   `json:"litter,omitempty"` // nothing depends on it: a change was given up, or the next sweep will delete it
}

// String returns the violation on one line.
func (v Violation) String() string { return fmt.Sprintf("%q: %s", v.Key, v.Detail) }

// asOf is a store as of one revision.
type asOf struct {
	store.Store
	at int64
}

// Read reads as of the revision, no matter what was committed since.
func (s asOf) Read(ctx context.Context, r store.Range) (store.Page, error) {
	r.At = s.at
	return s.Store.Read(ctx, r)
}

// walker walks one store.
type walker struct {
	ctx   context.Context // of the walk
	store store.Store     // as of one revision
	heads map[string]store.Entry
	known map[string]stored.Token // the tokens that can be read, by ID
	found []Violation             // not yielded yet
}

func (w *walker) report(key, format string, args ...any) {
	w.found = append(w.found, Violation{Key: key, Detail: fmt.Sprintf(format, args...)})
}

func (w *walker) litter(key, format string, args ...any) {
	w.found = append(w.found, Violation{Key: key, Detail: fmt.Sprintf(format, args...), Litter: true})
}

// read calls each for every entry whose key begins with a prefix.
func (w *walker) read(prefix string, each func(store.Entry)) error {
	_, err := store.ReadAll(w.ctx, w.store, store.Under(prefix), func(e store.Entry) error { each(e); return nil })
	return err
}

// Walk yields each violation of a store, as of one revision. Its last item is an error if the store can't be read.
func Walk(ctx context.Context, s store.Store) iter.Seq2[Violation, error] {
	return func(yield func(Violation, error) bool) {
		w := &walker{ctx: ctx, store: s, heads: map[string]store.Entry{}, known: map[string]stored.Token{}}
		at, err := store.ReadAll(ctx, s, store.Under(stored.HeadPrefix), func(e store.Entry) error {
			w.heads[strings.TrimPrefix(e.Key, stored.HeadPrefix)] = e
			return nil
		})
		if err != nil {
			yield(Violation{}, err)
			return
		}
		w.store = asOf{s, at}
		steps := []func() error{w.layout, w.strangers}
		for _, env := range slices.Sorted(maps.Keys(w.heads)) {
			steps = append(steps, func() error { return w.environment(env) })
		}
		steps = append(steps, w.tokens, w.sessions, w.webhooks)
		for _, step := range steps {
			err := step()
			for _, v := range w.found {
				if !yield(v, nil) {
					return
				}
			}
			w.found = nil
			if err != nil {
				yield(Violation{}, err)
				return
			}
		}
	}
}

// layout checks the keys that say which build may open the store.
func (w *walker) layout() error {
	format, err := store.ReadOne(w.ctx, w.store, stored.FormatKey)
	if err != nil {
		return err
	}
	var version int
	switch err := stored.Unmarshal(format.Value, &version); {
	case format.Revision == 0 && len(w.heads) > 0:
		w.report(stored.FormatKey, "it is missing: a newer layout would not be noticed")
	case format.Revision == 0:
	case err != nil:
		w.report(stored.FormatKey, "it can't be read: %v", err)
	case version > stored.LayoutVersion:
		w.report(stored.FormatKey, "it is layout %d, of a newer build; this one knows %d", version, stored.LayoutVersion)
	}
	restoring, err := store.ReadOne(w.ctx, w.store, stored.RestoringKey)
	if err == nil && restoring.Revision != 0 {
		w.report(stored.RestoringKey, "a restore has not finished")
	}
	return err
}

// inEnvironments lists the prefixes of keys that continue with an environment.
var inEnvironments = []string{stored.FlagPrefix, stored.SegmentPrefix, stored.PiecePrefix, stored.AuditPrefix, stored.BodyPrefix,
	stored.CheckpointPrefix, stored.FailurePrefix, stored.UsagePrefix, stored.HostPrefix, stored.HourPrefix, stored.DayPrefix}

var others = []string{stored.HeadPrefix, stored.TokenPrefix, stored.UsedPrefix, stored.SessionPrefix, stored.OncePrefix, stored.CodePrefix, stored.WebhookPrefix, stored.DeliveryPrefix, stored.ReplicaPrefix}

// strangers reports keys that aren't part of the layout, and keys of environments without a head.
func (w *walker) strangers() error {
	all := stored.Everything
	all.KeysOnly = true
	_, err := store.ReadAll(w.ctx, w.store, all, func(e store.Entry) error {
		if e.Key == stored.FormatKey || e.Key == stored.RestoringKey || e.Key == stored.LeaderKey {
			return nil
		}
		kind, rest, _ := strings.Cut(e.Key, "/")
		switch {
		case slices.Contains(others, kind+"/"):
		case !slices.Contains(inEnvironments, kind+"/"):
			w.report(e.Key, "the layout has no such key")
		default:
			env, _, _ := strings.Cut(rest, "/")
			if _, known := w.heads[env]; !known && !(env == stored.System && kind+"/" == stored.FailurePrefix) {
				w.report(e.Key, "the environment %q has no head", env)
			}
		}
		return nil
	})
	return err
}

// tokens checks the API tokens.
func (w *walker) tokens() error {
	hashes := map[string]string{}
	ids := map[string]bool{}
	if err := w.read(stored.TokenPrefix, func(e store.Entry) {
		ids[stored.Tail(e.Key)] = true
		var t stored.Token
		if err := stored.Unmarshal(e.Value, &t); err != nil {
			w.report(e.Key, "the token can't be read: %v", err)
			return
		}
		w.known[stored.Tail(e.Key)] = t
		switch {
		case len(t.Hash) != 32:
			w.report(e.Key, "the token has no hash")
		case hashes[string(t.Hash)] != "":
			w.report(e.Key, "the token has the secret of %s", hashes[string(t.Hash)])
		case !t.Role.Known():
			w.report(e.Key, "%q is not a role", t.Role)
		default:
			hashes[string(t.Hash)] = stored.Tail(e.Key)
		}
	}); err != nil {
		return err
	}
	return w.read(stored.UsedPrefix, func(e store.Entry) {
		var at int64
		if err := stored.Unmarshal(e.Value, &at); err != nil {
			w.report(e.Key, "the token's last use can't be read: %v", err)
		} else if !ids[stored.Tail(e.Key)] {
			w.report(e.Key, "there is no such token")
		}
	})
}

// sessions checks the sessions and the secrets with which to begin one. Those of a token that is gone are good for
// nothing, and the next sweep deletes them.
func (w *walker) sessions() error {
	for _, prefix := range []string{stored.SessionPrefix, stored.OncePrefix, stored.CodePrefix} {
		if err := w.read(prefix, func(e store.Entry) {
			var saved stored.Session
			err := stored.Unmarshal(e.Value, &saved)
			t := w.known[saved.Token]
			switch {
			case err != nil:
				w.report(e.Key, "the session can't be read: %v", err)
			case len(saved.Hash) != 32 || hex.EncodeToString(saved.Hash[:16]) != stored.Tail(e.Key):
				w.report(e.Key, "the session has another hash than its key says")
			case !saved.Of(&t):
				w.litter(e.Key, "there is no such token as the session's")
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// webhooks checks the webhooks and how far they were delivered.
func (w *walker) webhooks() error {
	ids := map[string]bool{}
	if err := w.read(stored.WebhookPrefix, func(e store.Entry) {
		ids[stored.Tail(e.Key)] = false
		var h stored.Webhook
		if err := stored.Unmarshal(e.Value, &h); err != nil {
			w.report(e.Key, "the webhook can't be read: %v", err)
		}
	}); err != nil {
		return err
	}
	if err := w.read(stored.DeliveryPrefix, func(e store.Entry) {
		id := stored.Tail(e.Key)
		var d stored.Delivery
		if err := stored.Unmarshal(e.Value, &d); err != nil {
			w.report(e.Key, "the progress of a webhook can't be read: %v", err)
		} else if _, known := ids[id]; !known {
			w.report(e.Key, "there is no such webhook")
		}
		ids[id] = true
	}); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if !ids[id] {
			w.report(stored.DeliveryPrefix+id, "it is missing: the webhook %s would be told of everything again", id)
		}
	}
	return nil
}

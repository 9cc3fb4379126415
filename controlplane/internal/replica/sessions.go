package replica

import (
	"context"
	"crypto/sha256"
	"log/slog"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// sessionTable finds sessions by their id.
type sessionTable struct{ ByID map[string]*stored.Session }

// event applies the change of a session. One that can't be read is none: whoever has it signs in again.
func (t *sessionTable) event(log *slog.Logger, e store.Event) {
	id := stored.Tail(e.Key)
	delete(t.ByID, id)
	if e.Deleted {
		return
	}
	saved := new(stored.Session)
	if err := stored.Unmarshal(e.Value, saved); err != nil || len(saved.Hash) != sha256.Size {
		log.Error("a session can't be read", "key", e.Key, "error", err)
		return
	}
	t.ByID[id] = saved
}

// sweepSessions deletes sessions and one-time secrets that have expired, or whose token is gone. Neither ever becomes
// good again, so this needs no guard.
func (rep *Replica) sweepSessions(ctx context.Context) error {
	gone := stored.NewBatcher(rep.store, true, nil)
	for _, prefix := range []string{stored.SessionPrefix, stored.OncePrefix, stored.CodePrefix} {
		now := rep.now().UnixMicro()
		var all []store.Entry
		at, err := store.ReadAll(ctx, rep.store, store.Under(prefix), func(e store.Entry) error { all = append(all, e); return nil })
		if err != nil {
			return err
		}
		v, err := rep.Wait(ctx, at) // otherwise the token of a new session could be unknown here
		if err != nil {
			return err
		}
		for _, e := range all {
			var saved stored.Session
			if err := stored.Unmarshal(e.Value, &saved); err != nil || now < saved.Expires && saved.Of(v.Tokens.ByID[saved.Token]) {
				continue // what this build can't read, another may
			}
			if err := gone.Add(ctx, store.Op{Key: e.Key, Delete: true}); err != nil {
				return err
			}
		}
	}
	return gone.Flush(ctx)
}

package replica

import (
	"bytes"
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// restored is an environment whose store went back: it lacks a revision that this replica has seen.
type restored struct {
	env     string
	lineage [16]byte
}

// notice finds the environments that went back while this replica read everything again.
func (rep *Replica) notice(ctx context.Context, before *View) {
	for env := range before.Snapshots {
		was, is := before.State(env), rep.View().State(env)
		if is == nil || was.Head.LineageID() != is.Head.LineageID() || rep.continues(ctx, was, is) {
			continue
		}
		rep.log.Error("the store went back: it was restored from a file; the environment gets a new lineage, so that hosts follow",
			"environment", env, "seen", was.Head.Revision, "revision", is.Head.Revision)
		select {
		case rep.restored <- restored{env, is.Head.LineageID()}:
		default: // the next reading finds it again
		}
	}
}

// continues reports whether a state's history has an earlier one. If the audit can't tell, it is taken to.
func (rep *Replica) continues(ctx context.Context, was, is *model.State) bool {
	switch {
	case is.Head.Revision < was.Head.Revision:
		return false
	case is.Head.Revision == was.Head.Revision:
		return bytes.Equal(is.Head.Nonce, was.Head.Nonce)
	}
	e, err := store.ReadOne(ctx, rep.store, stored.AuditKey(is.Env, was.Head.Revision))
	if err != nil || e.Revision == 0 {
		return true
	}
	var entry stored.AuditEntry
	return stored.Unmarshal(e.Value, &entry) != nil || bytes.Equal(entry.Nonce, was.Head.Nonce)
}

// RenewLoop gives environments that went back a new lineage, until the context ends. Of several replicas that notice
// it, the first one does.
func (rep *Replica) RenewLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-rep.restored:
			intent := model.Intent{
				Environment: r.env, Action: "restore", By: "gonfalon", Urgent: true, Reason: "the store went back to an earlier revision",
			}
			if _, err := rep.Write(ctx, intent, rep.Current, func(st *model.State, d *Draft) error {
				if st.Head.LineageID() == r.lineage {
					d.Renew()
				}
				return nil
			}); err != nil {
				rep.log.Error("an environment that went back can't get a new lineage: hosts that are ahead keep what they have until they connect again",
					"environment", r.env, "error", err)
			}
		}
	}
}

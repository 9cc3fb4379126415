package replica

import (
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// AuditOps returns the operation that puts a draft's audit entry and, if the entry is large, those that put its body.
func AuditOps(d *model.Draft) (op store.Op, body []store.Op) {
	e := stored.AuditEntry{Time: d.Head.Time, By: d.Intent.By, OnBehalfOf: d.Intent.OnBehalfOf, Token: d.Intent.Token, Reason: d.Intent.Reason, Action: d.Intent.Action, Key: d.Intent.Key,
		Changes: d.Changes, Nonce: d.Head.Nonce}
	op = store.Op{Key: stored.AuditKey(d.Base.Env, d.Head.Revision), Value: stored.Marshal(e)}
	logged := len(op.Value)
	if len(op.Value) > stored.MaxInline {
		e.Changes = nil
		e.Body = stored.HexRevision(d.Head.Revision) + "-" + model.RandomName()
		body = stored.BodyOps(d.Base.Env, e.Body, stored.Marshal(d.Changes))
		e.Parts = len(body)
		const most = 1000 // names, about 30 KB; an entry with more is read whole when somebody looks for a flag
		if len(d.Changes) <= most {
			for _, c := range d.Changes {
				e.Names = append(e.Names, c.Kind+"/"+c.Key)
			}
		}
		op.Value = stored.Marshal(e)
	}
	d.Head.Logged = d.Base.Head.Logged + int64(logged)
	return op, body
}

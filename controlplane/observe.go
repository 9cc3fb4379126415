package controlplane

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
)

// WriteEvent says how a change ended.
type WriteEvent struct {
	// Entry is the change's entry in the audit. If nothing was written, because it was refused, was a dry run or changed
	// nothing, its Revision is 0.
	Entry  api.AuditEntry
	DryRun bool
	Took   time.Duration
	Err    error // why it was refused, with a code (CodeOf); nil if it wasn't
}

// observe tells the program about a change that ended. What the program does wrong must not look like a failed change.
func (s *Service) observe(ctx context.Context, c change, d *replica.Draft, took time.Duration, err error) {
	if s.config.OnWrite == nil {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("Config.OnWrite panicked", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	e := WriteEvent{DryRun: c.options.DryRun, Took: took, Err: err, Entry: api.AuditEntry{
		Environment: c.env, Time: s.now(), Action: c.action, Key: c.key, By: c.options.By, OnBehalfOf: c.options.OnBehalfOf,
		Token: c.options.Token, Reason: c.options.Reason, Changes: []api.Change{},
	}}
	if err == nil {
		e.Entry.Key, e.Entry.Changes = d.Intent.Key, slices.Clone(d.Changes)
		for i := range e.Entry.Changes {
			model.Describe(&e.Entry.Changes[i])
		}
		if !d.Empty() && !c.options.DryRun {
			e.Entry.Revision, e.Entry.Time = d.Head.Revision, stored.FromMicros(d.Head.Time)
		}
	}
	s.config.OnWrite(ctx, e)
}

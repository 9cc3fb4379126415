package controlplane

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
)

// This file exports what tests outside the package need.

// Sweep sweeps now.
func (s *Service) Sweep(ctx context.Context) { s.replica.Sweep(ctx) }

// Measure asks the store how full it is, now.
func (s *Service) Measure(ctx context.Context) { s.measure(ctx) }

// WriteUsage writes the usage reported so far.
func (s *Service) WriteUsage(ctx context.Context) {
	s.writeUsage(ctx)
	s.writeCounts(ctx)
	s.writeUsed(ctx)
}

// WriteHosts writes what was heard of hosts so far.
func (s *Service) WriteHosts(ctx context.Context) {
	if err := s.hosts.write(ctx, s.store, s.replica.View(), s.now()); err != nil {
		panic(err)
	}
}

// Checkpoint writes a checkpoint now, due or not.
func (s *Service) Checkpoint(ctx context.Context, env string) error {
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return err
	}
	return s.replica.WriteCheckpoint(ctx, st)
}

// Everything is the range of all keys.
var Everything = stored.Everything

// StageAge is the age at which a stage is given up.
const StageAge = model.StageAge

// ApplyDeadline is how long calls wait for the replica.
const ApplyDeadline = replica.ApplyDeadline

// FrameGap is the shortest time between two frames.
const FrameGap = feed.FrameGap

// QuickWebhooks makes the election and the retries of webhooks quick.
func (s *Service) QuickWebhooks() {
	s.webhooks.Hurry()
}

// WithFormats makes a service write other formats of snapshots.
func (c Config) WithFormats(formats feed.Formats) Config {
	c.formats = formats
	return c
}

// Records returns the records that a replica holds of an environment, to compare which of them it shares.
func Records(s *Service, env string) []any {
	var all []any
	for r := range s.replica.View().State(env).Records() {
		all = append(all, r)
	}
	return all
}

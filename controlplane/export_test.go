package controlplane

import "context"

// What tests outside the package need from inside.

// Sweep sweeps now.
func (s *Service) Sweep(ctx context.Context) { s.sweep(ctx) }

// WriteUsage writes the usage reported so far.
func (s *Service) WriteUsage(ctx context.Context) {
	s.writeUsage(ctx)
	s.writeUsed(ctx)
}

// Checkpoint writes a checkpoint now, due or not.
func (s *Service) Checkpoint(ctx context.Context, env string) error {
	st, err := s.current(ctx, env)
	if err != nil {
		return err
	}
	return s.writeCheckpoint(ctx, st)
}

// Everything is the range of all keys.
var Everything = everything

// StageAge is when a stage counts as given up.
const StageAge = stageAge

// ApplyDeadline is how long calls wait for the replica.
const ApplyDeadline = applyDeadline

// FrameGap is the least time between two frames.
const FrameGap = frameGap

// QuickWebhooks makes the election and the retries of webhooks quick.
func (s *Service) QuickWebhooks() {
	s.hooks.quick.Store(true)
	s.hooks.wake()
}

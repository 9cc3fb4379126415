package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// startPause is the time between two attempts to start on a cluster that doesn't answer.
const startPause = 2 * time.Second

// start opens the store and the control plane. A cluster that has no quorum yet, or can't be reached, is waited for;
// meanwhile the server says so. end closes both.
func (s *serving) start(ctx context.Context, log *slog.Logger, startup *httpapi.Startup, sender *httpapi.Sender) (service *controlplane.Service, end func() error, err error) {
	for {
		service, end, err := s.tryStart(ctx, log, sender)
		if err == nil || len(s.endpoints) == 0 || !mayAnswerLater(err) {
			return service, end, err
		}
		startup.Waits("waiting for the store: " + err.Error())
		log.Warn("the store doesn't answer yet; the server waits for it", "error", err)
		select {
		case <-time.After(startPause):
		case <-ctx.Done():
			return nil, nil, err
		}
	}
}

func (s *serving) tryStart(ctx context.Context, log *slog.Logger, sender *httpapi.Sender) (*controlplane.Service, func() error, error) {
	store, err := s.open(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	service, err := controlplane.Open(ctx, controlplane.Config{
		Store: store, Logger: log, Replica: s.replica, Version: version, AdminToken: s.adminToken, AuditRetention: s.retention,
		Webhooks: sender,
	})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return service, func() error { return errors.Join(service.Close(), store.Close()) }, nil
}

// mayAnswerLater reports whether a store doesn't answer now. What it refuses, it will refuse again.
func mayAnswerLater(err error) bool {
	var refused *api.Error
	unanswered := errors.As(err, &refused) && refused.Code == api.Unavailable && refused.Err != nil && !errors.Is(err, store.ErrNoSpace)
	return errors.Is(err, etcdstore.ErrUnreachable) || unanswered
}

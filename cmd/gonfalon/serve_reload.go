package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// running holds the parts of a server that take other settings while it runs.
type running struct {
	command *cobra.Command // with the settings that it began with
	level   slog.LevelVar
	tls     atomic.Pointer[tls.Config]
	sender  *httpapi.Sender
	log     *slog.Logger

	mu      sync.Mutex // one reload at a time
	now     checked    // what holds
	service *controlplane.Service
	api     *httpapi.API
	changed map[string]string // the settings that have changed since the start
}

// prepare checks the settings of a server that starts.
func (s *serving) prepare(c *cobra.Command) (*running, error) {
	now, err := s.check()
	if err != nil {
		return nil, err
	}
	if refused := (*api.Error)(nil); s.adminToken != "" && errors.As(controlplane.CheckSecret(s.adminToken), &refused) {
		return nil, usagef("--admin-token: %s", refused.Message)
	}
	r := &running{command: c, now: now, changed: map[string]string{}}
	r.level.Set(now.level)
	r.sender = httpapi.NewSender(httpapi.SenderConfig{AllowPrivate: now.private, Version: version})
	r.log, err = s.logger(c.ErrOrStderr(), &r.level)
	return r, err
}

// begin hands on the parts that are there once the store is open. The settings may have changed since they were made.
func (r *running) begin(service *controlplane.Service, api *httpapi.API) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.service, r.api = service, api
	r.take(r.now)
}

// serveTLS returns the TLS of a listener, which follows the settings; nil for plain HTTP.
func (r *running) serveTLS() *tls.Config {
	if r.now.tls == nil {
		return nil
	}
	r.tls.Store(r.now.tls)
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.tls.Load(), nil }}
}

// follow reads the settings again at each signal, until the context ends.
func (r *running) follow(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			_, _ = r.reload(false) // the log has the result
		}
	}
}

// reload reads the settings again, from where they were read at the start. If all of them make sense, those that can
// change do so, and the others are named; if not, nothing changes. A dry run only says what would change.
func (r *running) reload(dryRun bool) (api.Reload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh, flags, err := again(r.command)
	var next checked
	if err == nil {
		next, err = fresh.check()
	}
	if err == nil {
		_, err = fresh.logger(nil, nil)
	}
	if err != nil {
		r.log.Error("the settings can't be read again, nothing was changed", "error", err)
		return api.Reload{}, err
	}
	done := r.compare(flags, (r.tls.Load() == nil) != (next.tls == nil))
	if dryRun {
		return done, nil
	}
	r.take(next)
	for _, c := range done.Changed {
		r.changed[c.Setting] = flags.Lookup(c.Setting).Value.String()
		r.log.Info("a setting has changed", "setting", c.Setting, "before", c.Before, "after", c.After)
	}
	for _, c := range done.NeedsRestart {
		r.log.Warn("a changed setting needs a restart", "setting", c.Setting, "running", c.Before, "configured", c.After, "why", c.Why)
	}
	r.log.Info("the settings were read again", "changed", len(done.Changed), "need a restart", len(done.NeedsRestart))
	return done, nil
}

// take gives other settings to the parts of the server. Each takes them at once, without holding up a request.
func (r *running) take(next checked) {
	r.now = next
	r.level.Set(next.level)
	if next.tls != nil && r.tls.Load() != nil {
		r.tls.Store(next.tls)
	}
	r.sender.AllowPrivate(next.private)
	if r.api != nil {
		r.api.Change(next.http)
		r.service.RetainAudit(next.retention)
	}
}

// compare names the settings that differ from those that the server runs with. A listener that began without TLS, or
// with it, goes on so.
func (r *running) compare(flags *pflag.FlagSet, switchesTLS bool) api.Reload {
	done := api.Reload{Changed: []api.SettingChange{}, NeedsRestart: []api.SettingChange{}}
	flags.VisitAll(func(f *pflag.Flag) {
		before, changed := r.changed[f.Name]
		if !changed {
			before = r.command.Flags().Lookup(f.Name).Value.String()
		}
		after := f.Value.String()
		if after == before {
			return
		}
		c := api.SettingChange{Setting: f.Name, Before: shown(f, before), After: shown(f, after), Why: atRestart[f.Name]}
		if switchesTLS && strings.HasPrefix(f.Name, "tls-") {
			c.Why = "TLS begins and ends with the listener"
		}
		if f.Annotations[isLive] != nil && c.Why == "" {
			done.Changed = append(done.Changed, c)
		} else {
			done.NeedsRestart = append(done.NeedsRestart, c)
		}
	})
	return done
}

// again reads the settings of a command that runs: those of its command line stay, the others come from the environment
// and the file as they are now.
func again(c *cobra.Command) (*serving, *pflag.FlagSet, error) {
	fresh, twin := new(serving), new(cobra.Command)
	fresh.register(twin)
	numbers(twin)
	c.Flags().Visit(func(given *pflag.Flag) {
		f := twin.Flags().Lookup(given.Name)
		if f == nil {
			return // it is no setting of serve
		}
		f.Changed = true
		if list, ok := given.Value.(pflag.SliceValue); ok {
			_ = f.Value.(pflag.SliceValue).Replace(list.GetSlice()) // it took this list before
		} else {
			_ = f.Value.Set(given.Value.String())
		}
	})
	return fresh, twin.Flags(), settle(c, twin.Flags())
}

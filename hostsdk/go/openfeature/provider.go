// Package openfeature is the OpenFeature provider: https://openfeature.dev/specification/sections/providers.
//
//	provider := openfeature.NewProvider(flags)
//	err := of.SetProviderAndWaitWithContext(ctx, provider)
//
// The targeting key is the actor, and an attribute groups is its groups, a list of strings or one string; both are
// attributes too, see gonfalon.ContextOf. ../../README.md has the tables of values, reasons and metadata.
package openfeature

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	of "github.com/open-feature/go-sdk/openfeature"
)

// Provider answers OpenFeature's clients from a gonfalon client. One provider may serve many domains.
type Provider struct {
	flags  *gonfalon.Client
	owned  bool
	within time.Duration
	hooks  []of.Hook
	track  TrackFunc
	events chan of.Event

	mu    sync.Mutex
	stop  func()      // ends the subscription; nil while there is none
	later *time.Timer // says that a provider that began stale is; else nil
}

var (
	_ of.FeatureProvider          = (*Provider)(nil)
	_ of.ContextAwareStateHandler = (*Provider)(nil)
	_ of.EventHandler             = (*Provider)(nil)
	_ of.Tracker                  = (*Provider)(nil)
)

// TrackFunc receives what the application tracks.
type TrackFunc func(ctx context.Context, event string, evaluation of.EvaluationContext, details of.TrackingEventDetails)

// Option configures a provider.
type Option func(*Provider)

// Owned makes Shutdown close the client.
func Owned() Option { return func(p *Provider) { p.owned = true } }

// InitWithin sets how long initialisation may take if the caller sets no deadline. The default is DefaultInit.
func InitWithin(d time.Duration) Option { return func(p *Provider) { p.within = d } }

// Hooks adds hooks, which run with each evaluation.
func Hooks(hooks ...of.Hook) Option { return func(p *Provider) { p.hooks = append(p.hooks, hooks...) } }

// Track sets the function that receives what the application tracks. Without it, that is dropped.
func Track(f TrackFunc) Option { return func(p *Provider) { p.track = f } }

const (
	// DefaultInit is how long initialisation may take.
	DefaultInit = 10 * time.Second
	// maxEvents are how many events wait for the OpenFeature SDK, which fetches them at once.
	maxEvents = 64
	// afterwards is when initialisation has long ended.
	afterwards = 20 * time.Millisecond
)

// NewProvider returns a provider that answers from a client.
func NewProvider(flags *gonfalon.Client, options ...Option) *Provider {
	p := &Provider{flags: flags, within: DefaultInit, events: make(chan of.Event, maxEvents)}
	for _, option := range options {
		option(p)
	}
	return p
}

// Metadata returns the provider's name.
func (p *Provider) Metadata() of.Metadata { return of.Metadata{Name: gonfalon.ProviderName} }

// Hooks returns the hooks of the option Hooks.
func (p *Provider) Hooks() []of.Hook { return p.hooks }

// EventChannel returns the channel of changes of state and of flags.
func (p *Provider) EventChannel() <-chan of.Event { return p.events }

// Init waits for the first snapshot.
func (p *Provider) Init(evaluation of.EvaluationContext) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.within)
	defer cancel()
	return p.InitWithContext(ctx, evaluation)
}

// InitWithContext waits for the first snapshot, until ctx ends. A client that has one is ready, if stale. One whose
// token or environment is refused is fatal.
func (p *Provider) InitWithContext(ctx context.Context, _ of.EvaluationContext) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.within)
		defer cancel()
	}
	changed := make(chan struct{}, 1)
	p.subscribe(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	for {
		switch p.flags.State() {
		case gonfalon.Ready:
			return nil
		case gonfalon.Stale:
			p.staleAfterwards()
			return nil
		case gonfalon.Error:
			err := p.flags.Stats().LastError
			return &of.ProviderInitError{ErrorCode: code(err), Message: fmt.Sprint(err)}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &of.ProviderInitError{ErrorCode: of.ProviderNotReadyCode, Message: fmt.Sprintf("no snapshot yet: %v", context.Cause(ctx))}
		}
	}
}

// subscribe passes the client's events on, and tells each to changed too.
func (p *Provider) subscribe(changed func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		p.stop()
	}
	if p.later != nil {
		p.later.Stop()
	}
	p.stop = p.flags.Subscribe(func(e gonfalon.Event) {
		switch {
		case e.Kind == gonfalon.FlagsChanged && len(e.Flags) == 0: // no flag can decide differently
		case e.Kind == gonfalon.FlagsChanged:
			p.emit(of.ProviderConfigChange, fmt.Sprintf("revision %d", e.Info.Position.Revision), e.Flags)
		case e.State == gonfalon.Ready:
			p.emit(of.ProviderReady, "ready", nil)
		case e.State == gonfalon.Stale:
			p.emit(of.ProviderStale, fmt.Sprintf("the source of flags is away: %v", e.Err), nil)
		case e.State == gonfalon.Error:
			p.send(of.ProviderError, of.ProviderEventDetails{Message: fmt.Sprint(e.Err), ErrorCode: code(e.Err)})
		}
		changed()
	})
}

// staleAfterwards says that the provider is stale when the OpenFeature SDK has declared it ready, which it does when
// initialisation returns: what is said before that can be overwritten.
func (p *Provider) staleAfterwards() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop == nil {
		return // shut down already
	}
	p.later = time.AfterFunc(afterwards, func() {
		if p.flags.State() == gonfalon.Stale {
			p.emit(of.ProviderStale, "the source of flags is away", nil)
		}
	})
}

// code tells a refusal, which trying again won't change, from other trouble.
func code(err error) of.ErrorCode {
	if _, refused := errors.AsType[*gonfalon.RefusedError](err); refused {
		return of.ProviderFatalCode
	}
	return of.GeneralCode
}

func (p *Provider) emit(kind of.EventType, message string, flags []string) {
	p.send(kind, of.ProviderEventDetails{Message: message, FlagChanges: flags})
}

// send never waits: an event that nobody fetches gives way to those after it.
func (p *Provider) send(kind of.EventType, details of.ProviderEventDetails) {
	event := of.Event{ProviderName: gonfalon.ProviderName, EventType: kind, ProviderEventDetails: details}
	for {
		select {
		case p.events <- event:
			return
		default:
		}
		select {
		case <-p.events:
		default:
		}
	}
}

// Shutdown ends the provider, and closes its client if that is Owned. It may be called again. Init starts the provider
// again.
func (p *Provider) Shutdown() {
	p.mu.Lock()
	stop := p.stop
	p.stop = nil
	if p.later != nil {
		p.later.Stop()
		p.later = nil
	}
	p.mu.Unlock()
	if stop != nil {
		stop()
	}
	if p.owned {
		p.flags.Close()
	}
}

// ShutdownWithContext is Shutdown, bounded by ctx.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Shutdown() // ends within a second of its own
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Track passes what the application tracks to the function of the option Track.
func (p *Provider) Track(ctx context.Context, event string, evaluation of.EvaluationContext, details of.TrackingEventDetails) {
	if p.track != nil {
		p.track(ctx, event, evaluation, details)
	}
}

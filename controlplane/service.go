package controlplane

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/replica"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/webhooks"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// DefaultAuditRetention is how long the audit is kept by default: about a quarter of a year.
const DefaultAuditRetention = 90 * 24 * time.Hour

// Config says how to open a Service. Only Store is required.
type Config struct {
	Store          store.Store      // the caller closes it; Service.Close doesn't
	Logger         *slog.Logger     // nil for slog.Default()
	Clock          func() time.Time // nil for time.Now
	Replica        string           // this replica's name in logs, in the election and in a status; "" for a random one
	Version        string           // of the program, for a status
	AdminToken     string           // the secret of an admin token that must work; "" ends it, and makes one at the store's first start
	AuditRetention time.Duration    // 0 for DefaultAuditRetention
	Webhooks       WebhookSender    // nil if this replica doesn't deliver webhooks

	// OnWrite is called at the end of every change that is made through this service, for a program that embeds it and
	// wants the audit or figures of writes. It is called in the goroutine of the caller, who waits for it, after the
	// change is stored. It must not make changes itself. nil for none. For changes of all replicas, read the audit.
	OnWrite func(context.Context, WriteEvent)

	// KeepAdminToken keeps the token that AdminToken set in an earlier service, although AdminToken is empty now. A program
	// sets it that opens the store only for a moment, such as gonfalon tokens create --data-dir.
	KeepAdminToken bool

	formats feed.Formats // of snapshots; nil: those of this build
}

// Service is an open control plane. It is safe for concurrent use.
type Service struct {
	config  Config
	store   store.Store
	log     *slog.Logger
	replica *replica.Replica
	initial string // the secret of the token that Open made
	started time.Time

	ctx    context.Context // ended by Close; every goroutine's
	cancel context.CancelFunc
	owned  sync.WaitGroup

	usage        usagePool
	counts       countPool
	hosts        *hostPool
	usageIndexes perEnvironment[usageIndex]
	indexes      perEnvironment[index]
	edits        edits
	used         usedTokens
	failures     failureLimits
	strange      strangers
	space        space
	webhooks     *webhooks.Deliverer
	many         chan struct{} // holds the one change of many things that is being made
}

// Open opens the control plane on a store. It returns once this replica has read everything, and the default
// environment and an admin token exist. Close ends everything that it starts; the context doesn't.
func Open(ctx context.Context, c Config) (*Service, error) {
	if c.Store == nil {
		return nil, model.Errorf(api.Invalid, "controlplane: Config.Store is missing")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Replica == "" {
		c.Replica = "replica-" + model.RandomName()
	}
	if c.formats == nil {
		c.formats = feed.BuiltIn()
	}
	c.AuditRetention = retention(c.AuditRetention)
	s := &Service{config: c, store: bounded{c.Store}, log: c.Logger.With("replica", c.Replica), hosts: newHostPool(), many: make(chan struct{}, 1),
		started: c.Clock()}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.webhooks = webhooks.New(webhooks.Config{
		Store: s.store, Log: s.log, Clock: c.Clock, Replica: c.Replica, Sender: c.Webhooks, Progress: s.progress,
	})
	if err := s.start(ctx); err != nil {
		_ = s.Close() // report the error of starting, not this one
		return nil, err
	}
	return s, nil
}

func (s *Service) start(ctx context.Context) (err error) {
	s.replica, err = replica.Open(ctx, s.ctx, replica.Config{
		Store: s.store, Log: s.log, Clock: s.config.Clock, AuditRetention: s.config.AuditRetention, Formats: s.config.formats,
		WebhooksChanged: s.webhooks.Wake,
	})
	if err != nil {
		return err
	}
	s.run(s.replica.Follow)
	s.run(s.replica.RenewLoop)
	if err := s.ensureDefault(ctx); err != nil {
		return err
	}
	if err := s.firstToken(ctx); err != nil {
		return err
	}
	s.measure(ctx)
	s.run(every(spacePause, s.measure))
	s.run(every(usagePause, s.writeReports))
	s.run(s.writeHosts)
	if !s.config.KeepAdminToken { // otherwise it is gone in a moment
		s.run(s.attend)
	}
	s.run(s.replica.SweepLoop)
	if s.config.Webhooks != nil {
		s.run(s.webhooks.Run)
	}
	return nil
}

// RetainAudit changes how long the audit is kept, as Config.AuditRetention says it at first. If that is shorter, what is
// older is deleted within minutes.
func (s *Service) RetainAudit(d time.Duration) { s.replica.RetainAudit(retention(d)) }

func retention(d time.Duration) time.Duration {
	if d <= 0 {
		return DefaultAuditRetention
	}
	return d
}

// run starts a goroutine that Close waits for.
func (s *Service) run(loop func(context.Context)) {
	s.owned.Go(func() { loop(s.ctx) })
}

// Close ends every stream, wait and goroutine of the service. Before that it writes the reported usage, if the store
// answers within a second. The store stays open.
func (s *Service) Close() error {
	s.cancel()
	s.owned.Wait()
	if s.replica != nil {
		s.replica.Feeds().Stop()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), replica.ApplyDeadline)
		defer cancel()
		s.writeReports(ctx)
	}
	return nil
}

// Done returns a channel that is closed when Close begins.
func (s *Service) Done() <-chan struct{} { return s.ctx.Done() }

// InitialToken returns the secret of the admin token that Open made, or "" if one existed or Config.AdminToken set it.
func (s *Service) InitialToken() string { return s.initial }

// every returns a loop that does something after each pause, until its context ends.
func every(pause time.Duration, do func(context.Context)) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do(ctx)
			}
		}
	}
}

// writeReports writes what hosts have reported of usage, and when tokens were used.
func (s *Service) writeReports(ctx context.Context) {
	s.writeUsage(ctx)
	s.writeCounts(ctx)
	s.writeUsed(ctx)
}

func (s *Service) now() time.Time { return s.config.Clock() }

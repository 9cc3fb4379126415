package controlplane

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// DefaultAuditRetention is how long the audit is kept by default: about a quarter of a year.
const DefaultAuditRetention = 90 * 24 * time.Hour

// Config says how to open a Service. Only Store is required.
type Config struct {
	Store          store.Store      // the caller closes it; Service.Close doesn't
	Logger         *slog.Logger     // nil for slog.Default()
	Clock          func() time.Time // nil for time.Now
	Replica        string           // this replica's name in logs and in the election; "" for a random one
	AdminToken     string           // the secret of an admin token that must work; "" to make one at the store's first start
	AuditRetention time.Duration    // 0 for DefaultAuditRetention
	Webhooks       WebhookSender    // nil if this replica doesn't deliver webhooks
}

// Service is an open control plane. It is safe for concurrent use.
type Service struct {
	config  Config
	store   store.Store
	log     *slog.Logger
	initial string // the secret of the token that Open made

	ctx    context.Context // ended by Close; every goroutine's
	cancel context.CancelFunc
	done   <-chan struct{}
	owned  sync.WaitGroup

	view  atomic.Pointer[view]
	lost  atomic.Pointer[time.Time] // since when the replica doesn't follow the store; nil if it does
	feeds feeds

	written written
	locksMu sync.Mutex
	locks   map[string]chan struct{}

	usage    usagePool
	used     usedTokens
	failures failureLimits
	space    atomic.Pointer[store.Usage]
	sweeps   chan struct{} // asks for a sweep
	hooks    hooks
}

// Open opens the control plane on a store. It returns once this replica has read everything, and the default environment and an admin token
// exist. Close ends everything that it starts; the context doesn't.
func Open(ctx context.Context, c Config) (*Service, error) {
	if c.Store == nil {
		return nil, fail(Invalid, "controlplane: Config.Store is missing")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Replica == "" {
		c.Replica = "replica-" + randomName()
	}
	if c.AuditRetention <= 0 {
		c.AuditRetention = DefaultAuditRetention
	}
	s := &Service{config: c, store: c.Store, log: c.Logger.With("replica", c.Replica), locks: map[string]chan struct{}{}, sweeps: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.done = s.ctx.Done()
	s.hooks.init()
	if err := s.start(ctx); err != nil {
		_ = s.Close() // report the error of starting, not this one
		return nil, err
	}
	return s, nil
}

func (s *Service) start(ctx context.Context) error {
	if err := s.checkLayout(ctx); err != nil {
		return err
	}
	if err := s.load(ctx); err != nil {
		return unavailable("the store can't be read", err)
	}
	s.run(s.follow)
	if err := s.ensureDefault(ctx); err != nil {
		return err
	}
	if err := s.firstToken(ctx); err != nil {
		return err
	}
	s.measure(ctx)
	s.run(s.keepHouse)
	if s.config.Webhooks != nil {
		s.run(s.deliver)
	}
	return nil
}

// run starts a goroutine that Close waits for.
func (s *Service) run(loop func(context.Context)) {
	s.owned.Go(func() { loop(s.ctx) })
}

// checkLayout refuses a store that a newer build has written, or into which a restore broke off.
func (s *Service) checkLayout(ctx context.Context) error {
	restoring, err := store.ReadOne(ctx, s.store, restoringKey)
	if err != nil {
		return unavailable("the store can't be read", err)
	}
	if restoring.Revision != 0 {
		return fail(Unavailable, "a restore into this store has not finished: restore it again")
	}
	format, err := store.ReadOne(ctx, s.store, formatKey)
	if err != nil {
		return unavailable("the store can't be read", err)
	}
	if format.Revision == 0 {
		// If several replicas start together, one of them writes it and the others find it.
		_, err := s.store.Commit(ctx, store.Txn{
			Guards: []store.Guard{{Key: formatKey}},
			Ops:    []store.Op{{Key: formatKey, Value: marshalStored(layoutVersion)}},
		})
		if err != nil {
			return unavailable("the store can't be written", err)
		}
		return nil
	}
	var version int
	if err := unmarshalStored(format.Value, &version); err != nil {
		return fmt.Errorf("%s: %w", formatKey, err)
	}
	if version > layoutVersion {
		return fail(Unavailable, "the store has layout %d, of a newer build; this one knows %d", version, layoutVersion)
	}
	return nil
}

// Close ends every stream, wait and goroutine of the service. Before that it writes the reported usage, if the store answers within a
// second. The store stays open.
func (s *Service) Close() error {
	s.cancel()
	s.owned.Wait()
	s.feeds.stop()
	if s.view.Load() != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), applyDeadline)
		defer cancel()
		s.writeUsage(ctx)
		s.writeUsed(ctx)
	}
	return nil
}

// Done returns a channel that is closed when Close begins.
func (s *Service) Done() <-chan struct{} { return s.done }

// InitialToken returns the secret of the admin token that Open made, or "" if one existed or Config.AdminToken set it.
func (s *Service) InitialToken() string { return s.initial }

// housekeeping is how often usage is written and the store measured.
const housekeeping = usagePause

// keepHouse does the work that is due from time to time.
func (s *Service) keepHouse(ctx context.Context) {
	tick := time.NewTicker(housekeeping)
	defer tick.Stop()
	sweep := time.NewTimer(jitter(sweepEvery)) // so that replicas don't all sweep at once
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.writeUsage(ctx)
			s.writeUsed(ctx)
			s.measure(ctx)
		case <-s.sweeps:
			sweep.Reset(sweepPause)
		case <-sweep.C:
			s.sweep(ctx)
			sweep.Reset(jitter(sweepEvery))
		}
	}
}

// measure asks the store how full it is.
func (s *Service) measure(ctx context.Context) {
	usage, err := s.store.Usage(ctx)
	if err != nil {
		s.log.Warn("the store does not say how full it is", "error", err)
		return
	}
	s.space.Store(&usage)
	if nearlyFull(usage) {
		s.log.Error("the store is nearly full: shorten the audit's retention, or raise its quota", "used", usage.Used, "quota", usage.Quota)
	}
}

// nearlyFull reports whether a store is past 80% of its quota.
func nearlyFull(u store.Usage) bool { return u.Quota > 0 && u.Used > u.Quota/5*4 }

// Status is what an operator wants to know about a replica.
type Status struct {
	Synced        bool          // it follows the store's changes
	Lag           time.Duration // for how long it hasn't followed them; 0 if it does
	StoreRevision int64         // the store's revision up to which it has followed
	Store         store.Usage   // as measured in the last minute or so
	Environments  []EnvironmentStatus
	WebhookLeader bool // this replica delivers webhooks
}

// EnvironmentStatus is what an operator wants to know about an environment on a replica.
type EnvironmentStatus struct {
	Key             string
	Lineage         string
	Revision        int64
	Flags, Segments int
	SnapshotBytes   int           // 0 if nobody has asked for the newest snapshot yet
	SnapshotAge     time.Duration // since the newest change was applied
	Streams         int           // how many watchers it has
}

// Status returns this replica's status. It only reads memory.
func (s *Service) Status() Status {
	v := s.view.Load()
	status := Status{Synced: true, StoreRevision: v.at, WebhookLeader: s.hooks.leading()}
	if since := s.lost.Load(); since != nil {
		status.Synced, status.Lag = false, time.Since(*since)
	}
	if usage := s.space.Load(); usage != nil {
		status.Store = *usage
	}
	for env, st := range v.states {
		e := EnvironmentStatus{
			Key: env, Lineage: hex.EncodeToString(st.head.Lineage), Revision: st.head.Revision, Flags: len(st.flags), Segments: len(st.segments),
			SnapshotBytes: int(st.snapshot.size.Load()), SnapshotAge: time.Since(st.applied),
		}
		if f := s.feeds.of(env, &s.view); f != nil {
			e.Streams = int(f.watchers.Load())
		}
		status.Environments = append(status.Environments, e)
	}
	slices.SortFunc(status.Environments, func(a, b EnvironmentStatus) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return status
}

// Ready returns nil if this replica can serve, or an error with the code Unavailable.
func (s *Service) Ready() error {
	if s.ctx.Err() != nil {
		return errClosed()
	}
	if since := s.lost.Load(); since != nil {
		return fail(Unavailable, "this replica has not followed the store for %v", time.Since(*since).Round(time.Millisecond))
	}
	if usage := s.space.Load(); usage != nil && nearlyFull(*usage) {
		return fail(Unavailable, "the store is nearly full: %d of %d bytes", usage.Used, usage.Quota)
	}
	return nil
}

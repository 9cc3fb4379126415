package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// DefaultQuota is how much an embedded etcd may hold. It is etcd's own default, which its documentation recommends.
const DefaultQuota = 2 << 30

// ErrInUse says that another process has the data directory open.
var ErrInUse = errors.New("the data directory is in use by another process")

// Embedded says how to run an etcd in this process.
type Embedded struct {
	Dir    string       // the directory of its data; if it is missing it is made, for the owner only
	Logger *slog.Logger // nil for slog.Default()
	Quota  int64        // in bytes; 0 for DefaultQuota
}

// OpenEmbedded runs an etcd with one member in this process. It returns when etcd is ready, usually within a fraction
// of a second. The etcd listens nowhere, neither on a port nor on a socket. Close ends it. If it fails later, as on a full
// disk, the store answers store.ErrFailed, and the directory stays in use until the process ends. ErrInUse: another process
// has the directory open. ErrDamaged: it can't be read.
// Why: RATIONALE.md "Why does embedded etcd listen nowhere?"
func OpenEmbedded(ctx context.Context, e Embedded) (*Store, error) {
	if e.Dir == "" {
		return nil, errors.New("etcdstore: the data directory is missing")
	}
	_, missing := os.Stat(e.Dir)
	existed := missing == nil
	if err := os.MkdirAll(e.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	// etcd itself would wait for another process to end.
	lock, err := fileutil.TryLockFile(filepath.Join(e.Dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, e.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	log := e.Logger
	if log == nil {
		log = slog.Default()
	}
	config := e.config()
	fresh, err := inspect(config.Dir)
	if err != nil {
		return nil, errors.Join(damaged(e.Dir, err), lock.Close())
	}
	if fresh && existed {
		log.Warn("the data directory is empty: this is a new control plane, without flags and tokens. "+
			"If there should be data, stop it, and see whether the right directory is mounted", "directory", e.Dir)
	}
	var end ending
	server, err := start(ctx, config, log, &end)
	if errors.Is(err, errPanic) {
		err = damaged(e.Dir, err)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	client := v3client.New(server.Server)
	store := newStore(client, DefaultPrefix, embeddedLimits, func() error {
		err := client.Close()
		server.Close()
		return errors.Join(ignoreEnded(err), lock.Close())
	})
	store.own = server
	end.of.Store(store)
	if err := store.tidy(ctx, log); err != nil { // it may have been given more room
		return nil, errors.Join(fmt.Errorf("looking how full etcd is: %w", err), store.Close())
	}
	store.owned.Go(func() { store.keepTidy(log) })
	store.owned.Go(func() {
		select {
		case <-server.Server.StopNotify():
			store.fail(errors.New("etcd has stopped"))
		case <-store.ctx.Done():
		}
	})
	return store, nil
}

// embeddedLimits are those of a transaction. They are greater than a cluster's defaults, so that a change of some
// thousand flags writes those and not all flags again.
var embeddedLimits = store.Limits{Ops: 4096, Bytes: 4 << 20}

// nowhere is the address that a member must have. Nothing listens on it.
var nowhere = url.URL{Scheme: "unix", Host: "gonfalon:0"}

func (e Embedded) config() *embed.Config {
	c := embed.NewConfig()
	c.Dir = filepath.Join(e.Dir, "etcd")
	c.Name = "gonfalon"
	c.ListenPeerUrls, c.ListenClientUrls = nil, nil
	c.AdvertisePeerUrls, c.AdvertiseClientUrls = []url.URL{nowhere}, []url.URL{nowhere}
	c.InitialCluster = c.Name + "=" + nowhere.String()
	// A single member has nobody to wait for: it elects itself when the election times out.
	c.TickMs, c.ElectionMs = 10, 100
	c.MaxTxnOps, c.MaxRequestBytes = uint(embeddedLimits.Ops), uint(embeddedLimits.Bytes)+framing
	c.WarningApplyDuration = 500 * time.Millisecond // large transactions take longer than etcd expects
	tune(c, e.Quota)
	return c
}

// tune sets the configuration for every etcd that runs here.
func tune(c *embed.Config, quota int64) {
	if quota == 0 {
		quota = DefaultQuota
	}
	c.QuotaBackendBytes = quota
	// A replica that has lost the store for longer than this reads everything again.
	c.AutoCompactionMode, c.AutoCompactionRetention = embed.CompactorModePeriodic, "10m"
	// A compaction stays within the reserve. Why: RATIONALE.md "Why does a store keep a reserve?"
	c.CompactionBatchLimit = min(max(int(reserve(quota)/largestPage), 20), 1000)
	c.CompactionSleepInterval = 2 * time.Millisecond
	// Defragment at the start if that frees enough space to be worth the time.
	c.BootstrapDefragThresholdMegabytes = 128
	c.EnableGRPCGateway = false
}

// startTime is how long etcd may take to get ready. One with 2 GB of data takes a few seconds.
const startTime = time.Minute

// start runs an etcd and waits until it is ready.
func start(ctx context.Context, c *embed.Config, logger *slog.Logger, end *ending) (server *embed.Etcd, err error) {
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zapTo(logger, end))
	if err := guarded(func() error { server, err = embed.StartEtcd(c); return err }); err != nil {
		return nil, fmt.Errorf("starting etcd: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("it did not get ready within %v", startTime))
	defer cancel()
	select {
	case <-server.Server.ReadyNotify():
		return server, nil
	case err = <-server.Err():
	case <-server.Server.StopNotify():
		err = errors.New("it stopped")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	server.Close()
	return nil, fmt.Errorf("starting etcd: %w", err)
}

func ignoreEnded(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

package etcdstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/coreos/go-semver/semver"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Cluster says which etcd cluster to use, and how to sign in.
type Cluster struct {
	Endpoints          []string    // http://, https:// or unix:// URLs of its members
	TLS                *tls.Config // nil for no TLS, or for the system's roots with https
	Username, Password string
	Prefix             string       // before every key; "" for DefaultPrefix
	Logger             *slog.Logger // nil for slog.Default()
}

const (
	// These say when to leave a member that doesn't answer for another one.
	dialTimeout      = 5 * time.Second
	keepAliveTime    = 10 * time.Second
	keepAliveTimeout = 5 * time.Second
)

// redial says when to try a member again that can't be reached. By default, gRPC would wait up to two minutes after a
// long outage.
var redial = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
	MinConnectTimeout: dialTimeout,
}

// ErrUnreachable says that a cluster doesn't answer now: it may later.
var ErrUnreachable = errors.New("etcd doesn't answer")

// Dial opens a store in a cluster. It returns once the cluster has answered. Members that don't answer are no obstacle
// while the others have a quorum. ErrUnreachable: the cluster doesn't answer.
func Dial(ctx context.Context, c Cluster) (*Store, error) {
	if len(c.Endpoints) == 0 {
		return nil, errors.New("etcdstore: no endpoints")
	}
	if c.Prefix == "" {
		c.Prefix = DefaultPrefix
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	client, err := clientv3.New(clientv3.Config{
		Context: context.WithoutCancel(ctx), Endpoints: c.Endpoints, TLS: c.TLS, Username: c.Username, Password: c.Password,
		DialTimeout: dialTimeout, DialKeepAliveTime: keepAliveTime, DialKeepAliveTimeout: keepAliveTimeout,
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(redial)}, Logger: zapTo(c.Logger, zapcore.WriteThenFatal),
	})
	if err != nil {
		return nil, reaching(c, err)
	}
	s := New(client, c.Prefix)
	if err := checkVersions(ctx, client); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	asking, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if _, err := s.get(asking, c.Prefix, clientv3.WithPrefix(), clientv3.WithLimit(1), clientv3.WithKeysOnly()); err != nil {
		return nil, errors.Join(reaching(c, err), s.Close())
	}
	s.owned.Go(func() { s.keepTidy(c.Logger) })
	return s, nil
}

// reaching returns the error of a cluster that doesn't answer, or refuses.
func reaching(c Cluster, err error) error {
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied, codes.InvalidArgument, codes.FailedPrecondition:
		return fmt.Errorf("etcd at %q refuses: %w", c.Endpoints, err)
	}
	return fmt.Errorf("%w at %q: %w", ErrUnreachable, c.Endpoints, err)
}

// oldest is the oldest version of etcd that works. Older ones may report progress of a watch before its events.
var oldest = semver.Version{Major: 3, Minor: 6}

// checkVersions refuses a cluster with a member that is too old. Members that don't answer may have any version.
func checkVersions(ctx context.Context, client *clientv3.Client) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	endpoints := client.Endpoints()
	old := make(chan error, len(endpoints))
	for _, endpoint := range endpoints {
		go func() {
			answer, err := client.Status(ctx, endpoint)
			if err != nil {
				old <- nil
				return
			}
			version, err := semver.NewVersion(answer.Version)
			if err == nil && version.LessThan(oldest) {
				err = fmt.Errorf("etcd at %s is version %s: Gonfalon needs %d.%d or later", endpoint, answer.Version, oldest.Major, oldest.Minor)
			}
			old <- err
		}()
	}
	var all []error
	for range endpoints {
		all = append(all, <-old)
	}
	return errors.Join(all...)
}

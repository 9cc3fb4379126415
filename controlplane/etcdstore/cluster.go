package etcdstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
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

// Dial opens a store in a cluster. It returns once the cluster has answered.
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
		RejectOldCluster: true, Logger: zapTo(c.Logger),
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd at %q: %w", c.Endpoints, err)
	}
	s := New(client, c.Prefix)
	if _, err := client.Get(ctx, c.Prefix, clientv3.WithPrefix(), clientv3.WithLimit(1), clientv3.WithKeysOnly()); err != nil {
		return nil, errors.Join(fmt.Errorf("asking etcd at %q: %w", c.Endpoints, err), s.Close())
	}
	return s, nil
}

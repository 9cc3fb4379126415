// Package etcdtest runs a cluster of etcd members in a test's process, over Unix sockets, whose members can be killed.
package etcdtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
)

// Cluster is a cluster of etcd members.
type Cluster struct {
	t       testing.TB
	dir     string
	size    int
	mu      sync.Mutex
	members []*embed.Etcd // nil: killed
	links   int
}

// Start runs a cluster. Its sockets' names are relative to the working directory, which it therefore changes for the
// test: tests that use it can't be parallel.
func Start(t *testing.T, size int) *Cluster {
	t.Helper()
	c := &Cluster{t: t, dir: t.TempDir(), size: size, members: make([]*embed.Etcd, size)}
	t.Chdir(c.dir)
	var wg sync.WaitGroup
	for i := range size {
		wg.Go(func() { c.start(i) })
	}
	wg.Wait()
	t.Cleanup(func() {
		for i := range size {
			c.Kill(i)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return c
}

func peer(i int) url.URL   { return url.URL{Scheme: "unix", Host: fmt.Sprintf("p%d:0", i)} }
func client(i int) url.URL { return url.URL{Scheme: "unix", Host: fmt.Sprintf("c%d:0", i)} }

// Restart starts a killed member again, on its data.
func (c *Cluster) Restart(i int) {
	c.t.Helper()
	c.start(i)
}

func (c *Cluster) start(i int) {
	cfg := embed.NewConfig()
	cfg.Name = fmt.Sprintf("m%d", i)
	cfg.Dir = filepath.Join(c.dir, cfg.Name)
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer(i)}, []url.URL{peer(i)}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client(i)}, []url.URL{client(i)}
	var all []string
	for j := range c.size {
		address := peer(j)
		all = append(all, fmt.Sprintf("m%d=%s", j, address.String()))
	}
	cfg.InitialCluster = strings.Join(all, ",")
	cfg.TickMs, cfg.ElectionMs = 50, 500
	cfg.EnableGRPCGateway = false
	cfg.UnsafeNoFsync = true // processes are killed here, not machines
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	member, err := embed.StartEtcd(cfg)
	if err != nil {
		c.t.Errorf("member %d: %v", i, err)
		return
	}
	select {
	case <-member.Server.ReadyNotify():
	case <-time.After(time.Minute):
		c.t.Errorf("member %d does not get ready", i)
	}
	c.mu.Lock()
	c.members[i] = member
	c.mu.Unlock()
}

// Kill ends a member without asking it.
func (c *Cluster) Kill(i int) {
	c.mu.Lock()
	member := c.members[i]
	c.members[i] = nil
	c.mu.Unlock()
	if member != nil {
		member.Server.HardStop()
		member.Close()
	}
}

// Leader is the member that leads; -1 if none is known to.
func (c *Cluster) Leader() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, member := range c.members {
		if member != nil && uint64(member.Server.MemberID()) == member.Server.Lead() {
			return i
		}
	}
	return -1
}

// Store is a client of some members, or of all if none is named.
func (c *Cluster) Store(members ...int) *etcdstore.Store {
	c.t.Helper()
	if len(members) == 0 {
		for i := range c.size {
			members = append(members, i)
		}
	}
	var endpoints []string
	for _, i := range members {
		address := client(i)
		endpoints = append(endpoints, address.String())
	}
	return c.dial(endpoints)
}

func (c *Cluster) dial(endpoints []string) *etcdstore.Store {
	c.t.Helper()
	s, err := etcdstore.Dial(context.Background(), etcdstore.Cluster{Endpoints: endpoints, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = s.Close() })
	return s
}

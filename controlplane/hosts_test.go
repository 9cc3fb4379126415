package controlplane_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// counting counts the transactions that write hosts, and their bytes.
type counting struct {
	store.Store
	writes, bytes atomic.Int64
}

func (c *counting) Commit(ctx context.Context, t store.Txn) (store.Result, error) {
	for i, op := range t.Ops {
		if strings.HasPrefix(op.Key, "host/") {
			if i == 0 {
				c.writes.Add(1)
			}
			c.bytes.Add(int64(len(op.Value)))
		}
	}
	return c.Store.Commit(ctx, t)
}

// TestThousandHosts has a thousand hosts report every minute and after a change, and counts what that costs the store.
func TestThousandHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hosts = 1000
		db := &counting{Store: memstore.New()}
		s, err := controlplane.Open(t.Context(), controlplane.Config{Store: db, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		report := func(i int, revision int64) {
			if err := s.ReportHost(env, api.HostReport{ID: fmt.Sprintf("%016x", i*7919), SDK: "go", Version: "0.2.0", Revision: revision, Via: "stream"}, "10.0.0.1"); err != nil {
				t.Error(err)
			}
		}
		want := func(about string, total, current, writes int) {
			t.Helper()
			synctest.Wait()
			list, err := s.Hosts(env)
			if err != nil {
				t.Fatal(err)
			}
			took, size := db.writes.Swap(0), db.bytes.Swap(0)
			t.Logf("%s: %d of %d, %d writes, %d bytes", about, list.Current, list.Total, took, size)
			if list.Total != total || list.Current != current || took > int64(writes) || took == 0 {
				t.Errorf("%s: %d of %d hosts are current, in %d writes; want %d of %d, in at most %d", about, list.Current, list.Total, took, current, total, writes)
			}
		}
		for i := range hosts { // they start within a minute
			report(i, 1)
			time.Sleep(time.Minute / hosts)
		}
		time.Sleep(2 * time.Second)
		want("they came", hosts, hosts, 64)
		for i := range hosts { // they report what they have reported before
			report(i, 1)
			time.Sleep(time.Minute / hosts)
		}
		time.Sleep(2 * time.Second)
		want("a minute without news", hosts, hosts, 2)
		if _, err := s.Enable(t.Context(), env, "a", flagset.ForActor("ada"), by); err != nil {
			t.Fatal(err)
		}
		for i := range hosts { // after a change they report within two seconds
			report(i, 2)
			time.Sleep(2 * time.Second / hosts)
		}
		time.Sleep(2 * time.Second)
		want("a change", hosts, hosts, 5)
		time.Sleep(2 * controlplane.HostAge)
		want("they are gone", 0, 0, 4)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		sound(t, db)
		_ = db.Close()
	})
}

// TestHostsAreBounded invents hosts.
func TestHostsAreBounded(t *testing.T) {
	s := open(t, controlplane.Config{})
	for i := range 6000 {
		if err := s.ReportHost(env, api.HostReport{ID: fmt.Sprint(i), SDK: "go"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Hosts(env)
	if err != nil || list.Total != 5000 {
		t.Errorf("%d hosts, %v", list.Total, err)
	}
	want(t, s.ReportHost("other", api.HostReport{ID: "x"}, ""), api.NotFound)
	want(t, s.ReportHost(env, api.HostReport{}, ""), api.Invalid)
}

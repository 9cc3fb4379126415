package etcdstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/controlplane/storetest"
)

// The tests of a cluster share one, each under its own prefix, as installations would.
func TestContractCluster(t *testing.T) {
	etcdtest.Start(t, 3)
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := etcdstore.Dial(context.Background(), etcdstore.Cluster{
			Endpoints: []string{"unix://c0:0", "unix://c1:0", "unix://c2:0"}, Prefix: fmt.Sprintf("test%d/", n.Add(1)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

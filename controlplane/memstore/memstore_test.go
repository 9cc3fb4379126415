package memstore_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/controlplane/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return memstore.New() })
}

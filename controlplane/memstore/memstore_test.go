package memstore_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) controlplane.Store { return memstore.New() })
}

package examples

import (
	"log/slog"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// The control plane may be inside the program: no server, no HTTP. With etcdstore in place of memstore, flags stay.
func TestLibraryMode(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	defer store.Close()
	plane, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	flags, err := gonfalon.New(ctx, gonfalon.Config{Source: gonfalon.InProcess(plane.Watch)})
	if err != nil {
		t.Fatal(err)
	}
	defer flags.Close()

	ask := func() bool { return flags.Enabled("new_checkout", gonfalon.For("user:42")) }
	write := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if ask() {
		t.Error("on before it is there")
	}
	write(plane.Enable(ctx, "default", "new_checkout", flagset.ForActor("user:42"), controlplane.WriteOptions{By: "me"}))
	await(t, flags, func() bool { return ask() })
	write(plane.Clear(ctx, "default", "new_checkout", flagset.Removal{}, controlplane.WriteOptions{By: "me"}))
	await(t, flags, func() bool { return !ask() })
}

// await waits for a change to arrive.
func await(t *testing.T, flags *gonfalon.Client, done func() bool) {
	t.Helper()
	changed := make(chan struct{}, 256)
	defer flags.Subscribe(func(gonfalon.Event) { changed <- struct{}{} })()
	for !done() {
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("it never came")
		}
	}
}

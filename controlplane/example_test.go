package controlplane_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// A control plane in a program of your own: flags are changed, decided and audited without a server.
func ExampleOpen() {
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()

	o := controlplane.WriteOptions{By: "ada", Reason: "first wave"}
	if _, err := service.Enable(ctx, "default", "new_checkout", flagset.ForGroup("staff"), o); err != nil {
		log.Fatal(err)
	}
	actor := "user:3"
	decision, err := service.Evaluate(ctx, "default", "new_checkout", api.Query{Actor: &actor, Groups: []string{"staff"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(decision.Enabled, decision.Gate, decision.Target)

	page, err := service.History(ctx, "default", "new_checkout", controlplane.AuditQuery{})
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range page.Entries {
		fmt.Println(entry.By, entry.Action, entry.Changes[0].Lines)
	}
	// Output:
	// true group staff
	// ada flag.enable [+ group/staff on]
}

// What a caller did wrong has a code, and names each place.
func ExampleCodeOf() {
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()

	_, err = service.Enable(ctx, "default", "child", flagset.Requires("parent", true), controlplane.WriteOptions{By: "ada"})
	fmt.Println(controlplane.CodeOf(err))
	_, err = service.GetFlag(ctx, "default", "child")
	fmt.Println(controlplane.CodeOf(err))
	// Output:
	// invalid
	// not_found
}

// A walk over a store names what doesn't hold together.
func ExampleCheck() {
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()

	found := 0
	for violation, err := range controlplane.Check(ctx, store) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(violation)
		found++
	}
	fmt.Println(found, "violations")
	// Output:
	// 0 violations
}

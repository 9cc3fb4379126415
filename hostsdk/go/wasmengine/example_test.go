package wasmengine_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/wasmengine"
)

// A client decides by the module that other languages run.
func Example() {
	ctx := context.Background()
	engine, err := wasmengine.New(ctx, wasmengine.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	set, _ := flagset.ParseYAML([]byte(`{flags: [{key: new_checkout, gates: [{type: actor, target: "user:3", enabled: true}]}]}`))
	compiled, _ := snapshot.Compile(snapshot.Header{Environment: gonfalon.DefaultEnvironment}, &set, snapshot.Strict)
	client, err := gonfalon.New(ctx, gonfalon.Config{Bootstrap: compiled, Engine: engine, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Enabled("new_checkout", gonfalon.For("user:3")), client.Decide("new_checkout", gonfalon.For("user:4")).Reason)
	// Output: true DEFAULT
}

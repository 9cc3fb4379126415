package openfeature_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
)

func Example() {
	ctx := context.Background()
	set, _ := flagset.ParseYAML([]byte(`{flags: [{key: new_checkout, gates: [{type: group, target: staff, enabled: true}]}]}`))
	compiled, _ := snapshot.Compile(snapshot.Header{Environment: gonfalon.DefaultEnvironment}, &set, snapshot.Strict)
	flags, err := gonfalon.New(ctx, gonfalon.Config{Bootstrap: compiled, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flags.Close()

	if err := of.SetNamedProviderWithContextAndWait(ctx, "shop", openfeature.NewProvider(flags)); err != nil {
		fmt.Println(err)
		return
	}
	client := of.NewClient("shop")
	who := of.NewEvaluationContext("user:3", map[string]any{"groups": []string{"staff"}})
	details, err := client.BooleanValueDetails(ctx, "new_checkout", false, who)
	fmt.Println(details.Value, details.Reason, details.FlagMetadata["gate"], err)
	// Output: true TARGETING_MATCH group/staff <nil>
}

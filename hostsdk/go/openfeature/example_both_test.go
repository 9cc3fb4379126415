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
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/open-feature/go-sdk/openfeature/multi"
)

// For the weeks of moving in, a program asks the old provider and Gonfalon. The old one's answer counts where they
// disagree, and each disagreement is told.
func Example_both() {
	ctx := context.Background()
	set, _ := flagset.ParseYAML([]byte(`{flags: [{key: alike, gates: [{type: boolean}]}, {key: moved, gates: [{type: boolean}]}]}`))
	compiled, _ := snapshot.Compile(snapshot.Header{Environment: gonfalon.DefaultEnvironment}, &set, snapshot.Strict)
	flags, err := gonfalon.New(ctx, gonfalon.Config{Bootstrap: compiled, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flags.Close()

	old := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		"alike": {State: memprovider.Enabled, DefaultVariant: "on", Variants: map[string]any{"on": true}},
		"moved": {State: memprovider.Enabled, DefaultVariant: "off", Variants: map[string]any{"off": false}},
	})
	both, err := multi.NewProvider(multi.StrategyComparison,
		multi.WithProvider("old", old), multi.WithProvider("gonfalon", openfeature.NewProvider(flags)), multi.WithFallbackProvider(old))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := of.SetNamedProviderWithContextAndWait(ctx, "both", both); err != nil {
		fmt.Println(err)
		return
	}
	client := of.NewClient("both")
	for _, key := range []string{"alike", "moved"} {
		details, err := client.BooleanValueDetails(ctx, key, false, of.NewEvaluationContext("user:3", nil))
		fmt.Println(key, details.Value, "disagree:", details.FlagMetadata[multi.MetadataFallbackUsed], err)
	}
	// Output:
	// alike true disagree: false <nil>
	// moved false disagree: true <nil>
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsVariants(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:   "variants FLAG NAME=WEIGHT[:PAYLOAD]…",
		Short: "Replace a flag's variants, with their weights and payloads",
		Example: `  gonfalon flags variants hero control=3 blue=1
  gonfalon flags variants hero 'blue=1:{"hex": "#00f"}' 'green=1:{"hex": "#0f0"}'`,
		Args: cobra.MinimumNArgs(2),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		variants, err := readVariants(args[1:])
		if err != nil {
			return usageError{err}
		}
		return p.change(ctx, c, client, args[0], flagChange{
			apply: func(f flagset.Flag) (flagset.Flag, []flagset.Problem) { return flagset.PutVariants(f, variants) },
			send: func(w apiclient.WriteOptions) (api.Flag, error) {
				return client.PutVariants(ctx, n.env, args[0], variants, w)
			},
		})
	})
	p.register(c)
	return c
}

// readVariants reads NAME=WEIGHT or NAME=WEIGHT:PAYLOAD, whose payload is JSON.
func readVariants(args []string) ([]flagset.Variant, error) {
	list := make([]map[string]any, len(args))
	for i, arg := range args {
		name, rest, found := strings.Cut(arg, "=")
		weight, payload, paid := strings.Cut(rest, ":")
		if !found || !json.Valid([]byte(weight)) || paid && !json.Valid([]byte(payload)) {
			return nil, fmt.Errorf("%q is not of the form NAME=WEIGHT or NAME=WEIGHT:PAYLOAD with a payload in JSON", arg)
		}
		list[i] = map[string]any{"name": name, "weight": json.RawMessage(weight)}
		if paid {
			list[i]["payload"] = json.RawMessage(payload)
		}
	}
	body, err := json.Marshal(map[string]any{"variants": list})
	if err != nil {
		return nil, err
	}
	variants, problems := flagset.ParseVariants(body)
	return variants, flagset.Err(problems)
}

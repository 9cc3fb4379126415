package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// exampleFlag is the flag that a new store gets, and the greeting shows.
type exampleFlag struct{ key, token string } // key "": there is none; token "": it was there already

// introduction is the greeting's line about a flag that was just stored.
func (e exampleFlag) introduction() string {
	if e.token == "" {
		return ""
	}
	return "  a flag      " + e.key + ": on for group staff, 25% of everyone else\n"
}

// request is a command that evaluates the flag or, if there is none, reads something else.
func (e exampleFlag) request(base string) string {
	if e.key == "" {
		return fmt.Sprintf("  curl -s %s/v1/envs -H \"Authorization: Bearer $GONFALON_TOKEN\"\n", base)
	}
	return fmt.Sprintf("  curl -s %s/ofrep/v1/evaluate/flags/%s -H \"Authorization: Bearer %s\" \\\n"+
		"       -d '{\"context\": {\"targetingKey\": \"user:3\", \"groups\": [\"staff\"]}}'\n", base, e.key, cmp.Or(e.token, "$GONFALON_TOKEN"))
}

// seed stores the example flag if the store is new and wanted says so, and makes a client token to try it with.
func seed(ctx context.Context, service *controlplane.Service, wanted bool) (exampleFlag, error) {
	example := exampleFlag{key: "new_checkout"}
	env, err := service.GetEnvironment(ctx, controlplane.DefaultEnvironment)
	if err != nil {
		return exampleFlag{}, err
	}
	if !wanted || env.Flags > 0 || env.Segments > 0 || !env.Updated.Equal(env.Created) {
		if _, err := service.GetFlag(ctx, controlplane.DefaultEnvironment, example.key); err != nil {
			return exampleFlag{}, nil
		}
		return example, nil
	}
	ratio := 0.25
	flag := flagset.Flag{
		Key: example.key, Description: "An example: on for group staff, and for a quarter of everyone else",
		Gates: []flagset.Gate{
			{Type: flagset.Group, Target: "staff", Enabled: true},
			{Type: flagset.PercentageOfActors, Ratio: &ratio},
		},
	}
	o := controlplane.WriteOptions{By: "gonfalon", Reason: "first start", IfAbsent: true}
	_, err = service.PutFlag(ctx, controlplane.DefaultEnvironment, flag, o)
	if controlplane.CodeOf(err) == api.PreconditionFailed {
		return example, nil // another replica was first
	}
	if err != nil {
		return exampleFlag{}, fmt.Errorf("storing the example flag: %w", err)
	}
	o.IfAbsent = false
	token, err := service.CreateToken(ctx, api.NewToken{
		Name: "first client", Role: api.RoleClient, Envs: []string{controlplane.DefaultEnvironment},
	}, o)
	if err != nil {
		return exampleFlag{}, fmt.Errorf("making a client token: %w", err)
	}
	example.token = token.Secret
	return example, nil
}

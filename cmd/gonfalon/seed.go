package main

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// exampleFlag is the flag that a new store gets.
const exampleFlag = "new_checkout"

// seed stores the example flag if nobody ever changed anything, and gives a client token to try it with; "" if it stored none.
func seed(ctx context.Context, service *controlplane.Service) (string, error) {
	env, err := service.GetEnvironment(ctx, controlplane.DefaultEnvironment)
	if err != nil || env.Flags > 0 || env.Segments > 0 || !env.Updated.Equal(env.Created) {
		return "", err
	}
	ratio := 0.25
	flag := flagset.Flag{
		Key: exampleFlag, Description: "An example: on for group staff, and for a quarter of everyone else",
		Gates: []flagset.Gate{
			{Type: flagset.Group, Target: "staff", Enabled: true},
			{Type: flagset.PercentageOfActors, Ratio: &ratio},
		},
	}
	o := controlplane.WriteOptions{By: "gonfalon", Reason: "first start", IfAbsent: true}
	_, err = service.PutFlag(ctx, controlplane.DefaultEnvironment, flag, o)
	if controlplane.CodeOf(err) == controlplane.PreconditionFailed {
		return "", nil // another replica was first
	}
	if err != nil {
		return "", fmt.Errorf("storing the example flag: %w", err)
	}
	o.IfAbsent = false
	_, secret, err := service.CreateToken(ctx, controlplane.NewToken{
		Name: "first client", Role: controlplane.RoleClient, Envs: []string{controlplane.DefaultEnvironment},
	}, o)
	if err != nil {
		return "", fmt.Errorf("making a client token: %w", err)
	}
	return secret, nil
}

// Golang prints what a program gets by the generated functions.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gonfalon-flags/gonfalon/engine/accessors/testdata/golang/flags"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	client, err := gonfalon.New(context.Background(), gonfalon.Config{Bootstrap: data})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	who := gonfalon.For("user:3")
	fmt.Println(flags.NewCheckoutX1b72c6a1(client, who), flags.Class(client, who), flags.Flag1st(client))
	fmt.Println(flags.HeroXae6c79d1Variant(client, flags.HeroXae6c79d1VariantNameFlag, who))
	fmt.Println(flags.ColorPayload(client, "red", who), flags.LimitPayload(client, 1, who), flags.RatioPayload(client, 2, who), flags.FastPayload(client, false, who))
	theme := flags.ThemePayload(client, flags.ThemePayloadValue{}, who)
	fmt.Println(theme.Color, len(theme.Sizes), theme.Border.Width, theme.Border.Style == nil, theme.Points[1].X, theme.Note == nil)
}

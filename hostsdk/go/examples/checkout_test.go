package examples

import (
	"context"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// price is the code under test. It asks a client that it is given …
func price(flags *gonfalon.Client, who customer, amount int) int {
	if flags.Enabled("discount", gonfalon.For(who)) {
		return amount * 9 / 10
	}
	return amount
}

func TestPrice(t *testing.T) {
	t.Parallel()
	flags := flagtest.New(t) // no network, only this test sees it
	flags.Enable("discount", flagtest.ForActor("customer:1"))
	if got := price(flags.Client, customer{id: "customer:1"}, 100); got != 90 {
		t.Errorf("the price is %d", got)
	}
	if got := price(flags.Client, customer{id: "customer:2"}, 100); got != 100 {
		t.Errorf("the price is %d", got)
	}
}

// … or one of the whole program, with the request's context, which a test then overrides.
var global = func() *gonfalon.Client {
	flags, err := gonfalon.New(context.Background(), gonfalon.Config{LastGood: "/nonexistent/flags"})
	if err != nil {
		panic(err)
	}
	return flags
}()

func banner(ctx context.Context) string {
	return global.PayloadString("banner", gonfalon.From(ctx), gonfalon.For("user:1"), gonfalon.Default("welcome"))
}

func TestBanner(t *testing.T) {
	t.Parallel()
	flags := flagtest.New(t, flagtest.Strict())
	flags.Serve("banner", "sale", "everything must go")
	if got := banner(flags.Context(t.Context())); got != "everything must go" {
		t.Errorf("the banner says %q", got)
	}
	if got := banner(t.Context()); got != "welcome" {
		t.Errorf("elsewhere the banner says %q", got)
	}
}

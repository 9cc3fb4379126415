package flagtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// price is code under test that is given a client.
func price(flags *gonfalon.Client, customer string, amount int) int {
	if flags.Enabled("discount", gonfalon.For(customer)) {
		return amount * 9 / 10
	}
	return amount
}

// global is a client of the whole program. It has no flags yet.
var global = func() *gonfalon.Client {
	flags, err := gonfalon.New(context.Background(), gonfalon.Config{LastGood: "/nonexistent/flags", ReadyWithin: -1})
	if err != nil {
		panic(err)
	}
	return flags
}()

// banner is code under test that asks the global client, with the request's context.
func banner(ctx context.Context) string {
	return global.PayloadString("banner", gonfalon.From(ctx), gonfalon.For("user:1"), gonfalon.Default("welcome"))
}

// inTest runs a test inside an example. A real test would print its name into the example's output under -v.
func inTest(test func(t testing.TB)) {
	t := new(example)
	defer func() {
		for _, end := range t.ends {
			end()
		}
	}()
	test(t)
}

// example is what a test's T does for an example.
type example struct {
	testing.TB
	ends []func()
}

func (*example) Helper()                   {}
func (t *example) Cleanup(end func())      { t.ends = append(t.ends, end) }
func (*example) Context() context.Context  { return context.Background() }
func (*example) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (*example) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func Example() {
	inTest(func(t testing.TB) {
		flags := flagtest.New(t) // no network, and only this test sees it
		flags.Enable("discount", flagtest.ForActor("customer:1"))
		fmt.Println(price(flags.Client, "customer:1", 100), price(flags.Client, "customer:2", 100))
	})
	// Output: 90 100
}

func ExampleFlags_Context() {
	inTest(func(t testing.TB) {
		flags := flagtest.New(t)
		flags.Serve("banner", "sale", "everything must go")
		fmt.Println(banner(flags.Context(t.Context())))
		fmt.Println(banner(t.Context())) // other requests ask the global client
	})
	// Output:
	// everything must go
	// welcome
}

// An actor's place among all actors doesn't change, so whoever has a feature keeps it while its share grows.
func ExampleForPercentageOfActors() {
	inTest(func(t testing.TB) {
		flags := flagtest.New(t)
		has, lost := map[int]bool{}, 0
		for _, share := range []float64{0.1, 0.5} {
			flags.Enable("search_v2", flagtest.ForPercentageOfActors(share))
			for i := range 1000 {
				now := flags.Enabled("search_v2", gonfalon.For(fmt.Sprint("user:", i)))
				if has[i] && !now {
					lost++
				}
				has[i] = now
			}
		}
		flags.Kill("search_v2")
		fmt.Println(lost, flags.Enabled("search_v2", gonfalon.For("user:1"), gonfalon.Default(true)))
	})
	// Output: 0 false
}

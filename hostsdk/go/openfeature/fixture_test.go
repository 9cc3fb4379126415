package openfeature_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/flagtest"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// seeded has the flags of the suites. A flag that is pinned to a value, whoever asks, is a killed one with an off variant.
func seeded(t testing.TB) *flagtest.Flags {
	f := flagtest.New(t)
	for key, values := range map[string][2]string{
		"boolean-flag": {"on", "true"}, "string-flag": {"greeting", `"hi"`}, "integer-flag": {"ten", "10"}, "float-flag": {"half", "0.5"},
		"object-flag":       {"template", `{"showImages": true, "title": "Check out these pics!", "imagesPerPage": 100}`},
		"boolean-zero-flag": {"zero", "false"}, "string-zero-flag": {"zero", `""`}, "integer-zero-flag": {"zero", "0"}, "float-zero-flag": {"zero", "0.0"}, "object-zero-flag": {"zero", "{}"},
		"wrong-flag": {"one", `"uno"`}, "async-flag": {"on", "true"},
	} {
		f.Put(fmt.Sprintf(`{"key": %q, "killed": true, "off_variant": %q, "gates": [{"type": "variant", "variants": [{"name": %[2]q, "weight": 1, "payload": %[3]s}]}]}`, key, values[0], values[1]))
	}
	for _, key := range []string{"boolean-disabled-flag", "string-disabled-flag", "integer-disabled-flag", "float-disabled-flag", "object-disabled-flag"} {
		f.Put(fmt.Sprintf(`{"key": %q, "killed": true, "gates": [{"type": "variant", "variants": [{"name": "on", "weight": 1}]}]}`, key))
	}
	f.Serve("hero", "blue")
	f.Serve("split-ten", "ten", 10)
	f.Serve("split-bool", "off", false)
	f.Enable("plain")
	f.Disable("plain-off")
	f.Enable("for-actor", flagtest.ForActor("user:42"))
	f.Enable("half", flagtest.ForPercentageOfActors(0.5))
	f.Enable("for-mail", flagtest.When("email", "eq", "ada@example.com"))
	f.Enable("for-adults", flagtest.When("age", "gte", 18))
	f.Enable("for-strangers", flagtest.When("customer", "eq", false))
	f.Put(`{"key": "for-some", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "country", "operator": "eq", "values": ["NL"]},
		{"attribute": "seats", "operator": "gt", "values": [10]}, {"attribute": "trial", "operator": "eq", "values": [false]}]}]}`)
	f.Enable("killed")
	f.Kill("killed")
	f.Enable("after-unmet", flagtest.Requires("plain-off"))
	f.Enable("after-unmet")
	f.Enable("staff", flagtest.ForGroup("staff"))
	return f
}

// client is a client that doesn't wait.
func client(t testing.TB, config gonfalon.Config) *gonfalon.Client {
	config.ReadyWithin, config.Logger, config.Usage = -1, slog.New(slog.DiscardHandler), -1
	c, err := gonfalon.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// silent is a source that never says anything.
type silent struct{}

func (silent) Run(ctx context.Context, _ *gonfalon.Feed) error {
	<-ctx.Done()
	return ctx.Err()
}

// refusing is a source that knows no such token.
type refusing struct{}

func (refusing) Run(context.Context, *gonfalon.Feed) error {
	return &gonfalon.RefusedError{Status: 401, Detail: "no such token"}
}

func eventually(done func() bool) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if done() {
			return nil
		}
	}
	return errors.New("it never came")
}

package gonfalon

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func TestARequestIsAnsweredTheSameAllAlong(t *testing.T) {
	one, two := compiled(t, 1, flagOn), compiled(t, 2, strings.ReplaceAll(flagOn, "true", "false"))
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := scripted(t, Config{})
		defer c.Close()
		s.say(take(one))
		ctx := Remember(t.Context(), For("user:1"))
		if !c.Enabled("on", From(ctx)) {
			t.Fatal("off")
		}
		s.say(take(two))
		if c.Enabled("on") {
			t.Error("the change isn't there")
		}
		if !c.Enabled("on", From(ctx)) || !c.Decide("on", From(ctx), Default(true)).Enabled {
			t.Error("the answer changed within a request")
		}
		if d := c.Decide("on", From(ctx)); d.Revision != 1 {
			t.Errorf("revision %d", d.Revision)
		}
		if c.Enabled("on", From(ctx), With("plan", "pro")) {
			t.Error("another context was answered from memory")
		}
		if c.Enabled("on", From(Remember(ctx))) {
			t.Error("what is remembered anew was remembered before")
		}
	})
}

func TestRememberedContextsAdd(t *testing.T) {
	c := booted(t, flags...)
	ctx := Remember(t.Context(), For("user:42"))
	ctx = Remember(ctx, With("plan", "pro"))
	if !c.Enabled("actor", From(ctx)) || !c.Enabled("rule", From(ctx)) {
		t.Error("a part of the context is lost")
	}
	if c.Enabled("actor", From(context.Background())) || c.Enabled("actor", From(nil)) { //nolint:staticcheck // nil is what is tested
		t.Error("a context from nowhere")
	}
}

func TestOverridesFollowTheContext(t *testing.T) {
	c := booted(t, flags...)
	by := booted(t, flagOff, strings.ReplaceAll(flagActor, "user:42", "user:1"), strings.ReplaceAll(flagOn, "true", "false"))
	ctx := Override(Remember(t.Context(), For("user:1")), by)
	if c.Enabled("on", From(ctx)) || !c.Enabled("actor", From(ctx)) || !c.Enabled("on") {
		t.Error("the override doesn't hold, or for others too")
	}
	if !c.Enabled("soon", From(ctx), For("user:1"), At(inside)) {
		t.Error("flags that the override doesn't know are gone")
	}
	if all := c.DecideAll(From(ctx)); len(all) != len(flags) || all[6].Key != "on" || all[6].Enabled {
		t.Errorf("%+v", all)
	}
	if x := c.Explain("on", From(ctx)); x.Enabled {
		t.Error("the explanation is of another decision")
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if c.Enabled("on", From(ctx)) {
				t.Error("the override doesn't follow into goroutines")
			}
		})
	}
	all.Wait()
}

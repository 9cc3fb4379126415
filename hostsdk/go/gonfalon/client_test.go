package gonfalon

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"time"
)

type user struct {
	id     string
	groups map[string]bool
	asked  *[]string
}

func (u user) ActorID() string { return u.id }

func (u user) InGroup(name string) bool {
	if u.asked != nil {
		*u.asked = append(*u.asked, name)
	}
	return u.groups[name]
}

type userID string

func TestEnabled(t *testing.T) {
	c := booted(t, flags...)
	staff := user{id: "user:1", groups: map[string]bool{"staff": true}}
	for _, test := range []struct {
		name, key string
		opts      []Option
		want      bool
	}{
		{"boolean", "on", nil, true},
		{"off", "off", nil, false},
		{"off, whatever the default", "off", []Option{Default(true)}, false},
		{"unknown", "nobody", nil, false},
		{"unknown, whatever the default", "nobody", []Option{Default(true)}, false},
		{"a string is an actor", "actor", []Option{For("user:42")}, true},
		{"another actor", "actor", []Option{For("user:43")}, false},
		{"a named string is an actor", "actor", []Option{For(userID("user:42"))}, true},
		{"what knows its id is an actor", "actor", []Option{For(user{id: "user:42"})}, true},
		{"a pointer too", "actor", []Option{For(&user{id: "user:42"})}, true},
		{"a boolean is no actor", "actor", []Option{For(true)}, false},
		{"groups that were prepared leave the actor", "actor", []Option{For("user:42"), Prepare(InGroups("sales"))}, true},
		{"the later actor counts", "actor", []Option{For("user:1"), For("user:42")}, true},
		{"a member is asked", "group", []Option{For(staff)}, true},
		{"a member of a parent's group", "child", []Option{For(staff)}, true},
		{"no member", "group", []Option{For(user{id: "user:1"})}, false},
		{"named groups", "group", []Option{For("user:1"), InGroups("sales", "staff")}, true},
		{"groups without an actor", "group", []Option{InGroups("staff")}, true},
		{"groups, prepared", "group", []Option{Prepare(InGroups("staff")), For("user:9")}, true},
		{"an attribute", "rule", []Option{With("plan", "pro")}, true},
		{"another attribute", "rule", []Option{With("plan", "free")}, false},
		{"the later attribute counts", "rule", []Option{With("plan", "free"), With("plan", "pro")}, true},
		{"the later attribute counts against prepared", "rule", []Option{Prepare(With("plan", "free")), With("plan", "pro")}, true},
		{"and prepared against it", "rule", []Option{With("plan", "free"), Prepare(With("plan", "pro"))}, true},
		{"a map", "rule", []Option{Attributes(map[string]any{"plan": "pro", "age": 3})}, true},
		{"many attributes", "rule", []Option{With("a", 1), With("b", 1), With("c", 1), With("d", 1), With("e", 1), With("f", 1), With("g", 1), With("h", 1), With("plan", "pro")}, true},
		{"a prepared context", "rule", []Option{Prepare(For("user:1"), With("plan", "pro"))}, true},
		{"a schedule", "soon", []Option{At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))}, true},
		{"after a schedule", "soon", []Option{At(time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC))}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := c.Enabled(test.key, test.opts...); got != test.want {
				t.Errorf("Enabled(%q) is %t, want %t", test.key, got, test.want)
			}
			if got := c.Decide(test.key, test.opts...); got.Known() && got.Enabled != test.want {
				t.Errorf("Decide(%q) is %t, want %t", test.key, got.Enabled, test.want)
			}
			for _, d := range c.AppendAll(nil, []string{"nobody", test.key, "on"}, test.opts...) {
				if d.Key == test.key && d.Known() && d.Enabled != test.want {
					t.Errorf("AppendAll says %t of %q, want %t", d.Enabled, test.key, test.want)
				}
			}
			if got := c.Explain(test.key, test.opts...); got.Known() && (got.Enabled != test.want || len(got.Steps) == 0) {
				t.Errorf("Explain(%q) is %t, want %t:\n%s", test.key, got.Enabled, test.want, &got)
			}
		})
	}
}

func TestAMemberIsAskedOnlyForGroupsOfTheFlag(t *testing.T) {
	c := booted(t, flags...)
	var asked []string
	c.Enabled("child", For(user{id: "user:1", asked: &asked}))
	if len(asked) != 1 || asked[0] != "staff" {
		t.Errorf("asked for %q", asked)
	}
	asked = nil
	c.Enabled("on", For(user{id: "user:1", asked: &asked}))
	if asked != nil {
		t.Errorf("asked for %q by a flag without groups", asked)
	}
}

func TestTimeAndChanceAreDrawn(t *testing.T) {
	c := booted(t, flags...)
	on := 0
	for range 10_000 {
		if c.Enabled("time") {
			on++
		}
	}
	if on < 4_500 || on > 5_500 {
		t.Errorf("half of the time was %d of 10000", on)
	}
	roll := Roll(7)
	for range 100 {
		if first := c.Enabled("time", roll); c.Enabled("time", roll) != first {
			t.Fatal("one roll gave two answers")
		}
	}
}

func TestDecideAll(t *testing.T) {
	c := booted(t, flags...)
	all := c.DecideAll(For("user:42"), With("plan", "pro"))
	if len(all) != len(flags) {
		t.Fatalf("%d decisions of %d flags", len(all), len(flags))
	}
	for i, d := range all {
		if i > 0 && all[i-1].Key >= d.Key {
			t.Errorf("%q comes before %q", all[i-1].Key, d.Key)
		}
		if d.Key == "time" || d.Key == "soon" {
			continue
		}
		if one := c.Decide(d.Key, For("user:42"), With("plan", "pro")); one != d {
			t.Errorf("%s: together %+v, alone %+v", d.Key, d, one)
		}
	}
	some := c.AppendAll(nil, []string{"on", "nobody", "on", "actor"}, For("user:42"))
	if len(some) != 4 || !some[0].Enabled || some[1].Known() || some[2] != some[0] || !some[3].Enabled {
		t.Errorf("%+v", some)
	}
}

func TestNothingLoaded(t *testing.T) {
	c, err := New(t.Context(), Config{LastGood: t.TempDir() + "/none", Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.State() != NotReady || c.Enabled("on") || !c.Enabled("on", Default(true)) || c.Variant("hero", Default("red")) != "red" {
		t.Error("a client without a snapshot must give its callers' defaults")
	}
	if d := c.Decide("on"); d.Reason != engine.ReasonNotReady || d.Known() || d.Resolve().Error != ErrorNotReady {
		t.Errorf("%+v", d)
	}
	if c.DecideAll() != nil || len(c.AppendAll(nil, []string{"on"})) != 1 || c.Explain("on").Reason != engine.ReasonNotReady || c.Keys() != nil {
		t.Error("a client without a snapshot knows something")
	}
}

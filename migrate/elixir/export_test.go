package elixir_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// TestTheWayBack takes flags in, writes them for the library again, puts that into a real store with the store's own
// means, and reads it: everything is as it was, and decides as it does here.
func TestTheWayBack(t *testing.T) {
	each(t, func(t *testing.T, kind string, library reference.Library) {
		flags := append(rollouts(library), reference.Flag{Name: `it's "odd" \ é`, Gates: []reference.Gate{{Type: reference.Actor, For: "o'\\n\"ü\t", Enabled: true}}})
		here := elixir.New(library, flags).Describe().Set
		back, findings := elixir.Back(library, &here)
		for _, f := range findings {
			if f.Effect != migrate.Same {
				t.Errorf("%s", f)
			}
		}
		s := elixirtest.Open(t, kind, library, "")
		format := elixir.Format{Library: library, Kind: map[string]string{"redis": "redis", "mariadb": "mysql"}[kind]}
		if format.Kind == "" {
			format.Kind = "sql"
		}
		var text bytes.Buffer
		if err := format.Write(&text, back, s.Options); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second time changes nothing
			put(t, s, text.String())
		}
		contents := read(t, s)
		there := contents.Describe()
		if got, want := form(t, &there.Set), form(t, &here); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		v, err := migrate.Verify(t.Context(), contents, &there, &here, migrate.MadeUp(500, &here), time.Now(), nil)
		if err != nil || v.Different != 0 || v.Unjudged != 0 {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// put runs commands or statements as people do.
func put(t *testing.T, s *elixirtest.Store, text string) {
	t.Helper()
	if s.Redis == nil {
		for line := range strings.Lines(text) {
			if line != "BEGIN;\n" && line != "COMMIT;\n" { // a pool of connections has no transaction
				s.Exec(strings.TrimSuffix(line, ";\n"))
			}
		}
		return
	}
	u, err := url.Parse(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "redis-cli", "-e", "-p", u.Port())
	c.Env = append(os.Environ(), "REDISCLI_AUTH="+elixirtest.Password)
	c.Stdin = strings.NewReader(text)
	if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "ERR") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestWhatCantGoBack names it.
func TestWhatCantGoBack(t *testing.T) {
	half := 0.5
	pro := []flagset.Constraint{{Attribute: "plan", Operator: "eq", Values: []any{"pro"}}}
	set := flagset.Set{Flags: []flagset.Flag{
		{Key: "killed", Killed: true, Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}},
		{Key: "ratio", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Ratio: &half, Constraints: pro}}},
		{Key: "rule", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: pro}}},
		{Key: "version", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "v", Operator: "semver_gte", Values: []any{"1.0.0"}}}}}},
		{Key: "payload", Gates: []flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "a", Weight: flagset.Int(1), Payload: json.RawMessage("1")}}}}},
		{Key: "groups", Gates: []flagset.Gate{{Type: flagset.Group, Target: "a", Enabled: true}, {Type: flagset.Group, Target: "b"}}},
	}}
	for library, want := range map[reference.Library]string{
		reference.Bandera:      "groups may differ, killed same, payload same, ratio left out, version left out; groups killed payload rule",
		reference.FunWithFlags: "killed same, payload left out, ratio left out, rule left out, version left out; groups killed",
	} {
		flags, findings := elixir.Back(library, &set)
		var found, names []string
		for _, f := range findings {
			found = append(found, f.Flag+" "+string(f.Effect))
		}
		for _, f := range flags {
			names = append(names, f.Name)
		}
		if got := strings.Join(found, ", ") + "; " + strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, not %s", library, got, want)
		}
	}
}

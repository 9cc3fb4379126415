package elixir_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// FuzzCarry reads a hash of two fields, and expects the same answers before and after unless a difference was named.
func FuzzCarry(f *testing.F) {
	for _, library := range []reference.Library{reference.Bandera, reference.FunWithFlags} {
		for _, r := range rows(library) {
			f.Add(r.field, r.inRedis, "boolean", "false", "user:42", "admins", "pro")
		}
	}
	for _, pattern := range []string{`^a$`, `a$|b$`, `(a$)?`, `\\s+`, `[\\s]`, `\\S`, `\\Z`, `a\\Zb`, `(?m)^a$`, `(?i)k`, `.`, `.*`, `[^a]`, `\\w`, `\\b`, `é+`, `(?=a)`, `a++`, `[[:alpha:]]`, `(?s).`, `x{2,}`, `\\Qa.b\\E`, `(?U)a+`, `\\x61`, `\\141`} {
		f.Add("rule", `[{"attribute":"a","operator":"matches","values":["`+pattern+`"]}]`, "percentage", "actors/0.5", "user:1", "", "a\n")
	}
	f.Add("rule", `{"enabled":true,"constraints":[{"attribute":"a","operator":"gte","values":["1.0E5"]},{"attribute":"a","operator":"neq","values":[null]}]}`, "percentage", "time/0.99999", "", "x", "1e5")
	f.Add("variant", `{"a":1e308,"b":1e308}`, "variant", `{"":0,"b":5.0}`, "1", "", "")
	f.Fuzz(func(t *testing.T, field, value, field2, value2, actor, group, attribute string) {
		flag := reference.Flag{Name: "f"}
		for _, pair := range [][2]string{{field, value}, {field2, value2}} {
			if g, err := reference.RedisGate(reference.Bandera, pair[0], pair[1]); err == nil && (len(flag.Gates) == 0 || flag.Gates[0].ID() != g.ID()) {
				flag.Gates = append(flag.Gates, g)
			}
		}
		contents := elixir.New(reference.Bandera, []reference.Flag{flag})
		d := contents.Describe()
		for _, found := range d.Findings {
			if found.Effect != migrate.Same {
				return
			}
		}
		actor, group, attribute = strings.ToValidUTF8(actor, "?"), strings.ToValidUTF8(group, "?"), strings.ToValidUTF8(attribute, "?")
		attributes := map[string]any{"a": attribute, "plan": attribute, "age": attribute}
		subjects := func(yield func(migrate.Subject, error) bool) {
			for _, s := range []migrate.Subject{{}, {Attributes: attributes}, {Actor: &actor}, {Actor: &actor, Groups: []string{group}, Attributes: attributes}} {
				if !yield(s, nil) {
					return
				}
			}
		}
		v, err := migrate.Verify(t.Context(), contents, &d, &d.Set, subjects, time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), nil)
		if err == nil && v.Different > 0 {
			t.Errorf("%+v: %v; found %v; %+v", flag.Gates, v.Differences, d.Findings, d.Set)
		}
	})
}

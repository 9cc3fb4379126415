package elixir

import (
	"math"
	"math/big"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// constraints carries constraints, and names what is read otherwise here.
func (d *describer) constraints(list []reference.Constraint) []flagset.Constraint {
	out := make([]flagset.Constraint, len(list))
	for i, c := range list {
		out[i] = flagset.Constraint{Attribute: c.Attribute, Operator: c.Operator, Values: make([]any, len(c.Values))}
		for j, v := range c.Values {
			out[i].Values[j] = plain(v)
			if f, isFloat := v.(float64); isFloat && (c.Operator == "in" || c.Operator == "not_in") && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
				d.found(migrate.Differs, "write the number without a fraction", "%s %s has %.1f: Bandera tells that from the integer, and Gonfalon doesn't", c.Attribute, c.Operator, f)
			}
		}
		if text, isText := only(c.Values); isText && c.Operator == "matches" {
			out[i].Values[0] = d.pattern(c.Attribute, text)
		}
	}
	return out
}

func only(values []any) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	text, isText := values[0].(string)
	return text, isText
}

// plain returns a value as flagset has it.
func plain(v any) any {
	switch v := v.(type) {
	case *big.Int:
		return flagset.Integer(v).Value()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = plain(v[name])
		}
		return object
	}
	return v
}

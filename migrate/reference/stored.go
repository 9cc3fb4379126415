package reference

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Row is a row of the libraries' tables. A nil value is NULL.
type Row struct {
	Flag, Type, Target string
	Enabled            *bool
	Value              *string // a column that only Bandera's tables have
}

// errUnknown is the error for a gate of a type that the library doesn't have.
var errUnknown = errors.New("it isn't a gate that the library knows")

// RedisGate reads one field of a flag's hash, as bandera/store/persistent/redis/serializer.ex and
// fun_with_flags/store/serializer/redis.ex do.
func RedisGate(library Library, field, value string) (Gate, error) {
	kind, target, targeted := strings.Cut(field, "/")
	g := Gate{Type: Type(kind), For: target, Enabled: value == "true"}
	switch {
	case !targeted && field == "boolean":
		return g, nil
	case targeted && (g.Type == Actor || g.Type == Group):
		return g, nil
	case field == "percentage":
		return percentage(value)
	case library == FunWithFlags:
		return g, errUnknown
	case targeted && (g.Type == Segment || g.Type == Prerequisite):
		return g, nil
	case field == "variant":
		return variants(value)
	case field == "schedule":
		return schedule(value)
	case field == "rule":
		return redisRule(value)
	}
	return g, errUnknown
}

// SQLGate reads one row, as bandera/store/persistent/ecto/serializer.ex and fun_with_flags/store/serializer/ecto.ex do.
func SQLGate(library Library, r Row) (Gate, error) {
	g := Gate{Type: Type(r.Type), For: r.Target}
	if r.Enabled != nil {
		g.Enabled = *r.Enabled
	}
	value := func(read func(string) (Gate, error)) (Gate, error) {
		if r.Value == nil {
			return g, errors.New("its value is missing")
		}
		return read(*r.Value)
	}
	switch {
	case r.Type == "percentage":
		return percentage(r.Target)
	case r.Enabled == nil:
		return g, errors.New("it is neither enabled nor disabled")
	case g.Type == Boolean:
		g.For = "" // whatever stands for no target: FunWithFlags and older tables have other words for it
		return g, nil
	case g.Type == Actor || g.Type == Group:
		return g, nil
	case library == FunWithFlags:
		return g, errUnknown
	case g.Type == Segment || g.Type == Prerequisite:
		return g, nil
	case g.Type == Variant:
		return value(variants)
	case g.Type == Schedule:
		return value(schedule)
	case g.Type == Rule:
		return value(func(text string) (Gate, error) {
			list, err := ParseJSON(text)
			if err != nil {
				return g, err
			}
			g := Gate{Type: Rule, Enabled: *r.Enabled}
			g.Constraints, err = constraints(list)
			return g, err
		})
	}
	return g, errUnknown
}

// erlangFloat is what String.to_float reads.
var erlangFloat = regexp.MustCompile(`^[+-]?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?\z`)

func percentage(text string) (Gate, error) {
	kind, ratio, _ := strings.Cut(text, "/")
	g := Gate{Enabled: true}
	switch kind {
	case "time":
		g.Type = PercentageOfTime
	case "actors":
		g.Type = PercentageOfActors
	default:
		return g, fmt.Errorf("%.40q is neither time/… nor actors/…", text)
	}
	f, err := strconv.ParseFloat(ratio, 64)
	if err != nil || !erlangFloat.MatchString(ratio) {
		return g, fmt.Errorf("%.40q isn't a ratio such as 0.5", ratio)
	}
	g.Ratio = f
	return g, nil
}

func variants(text string) (Gate, error) {
	v, err := ParseJSON(text)
	g := Gate{Type: Variant, Enabled: true}
	if err != nil {
		return g, err
	}
	weights, isMap := v.(map[string]any)
	g.Weights = weights
	if !isMap {
		g.Raises = "its weights aren't a map"
	}
	for _, name := range sortedNames(weights) {
		if !isNumber(weights[name]) {
			g.Raises = fmt.Sprintf("the weight of %.80q isn't a number", name)
			break
		}
	}
	return g, nil
}

func schedule(text string) (Gate, error) {
	v, err := ParseJSON(text)
	if err != nil {
		return Gate{}, err
	}
	g := Gate{Type: Schedule, Enabled: true}
	window, _ := v.(map[string]any)
	from, hasFrom := window["from"]
	until, hasUntil := window["until"]
	if g.From, g.Until = from, until; !hasFrom || !hasUntil {
		g.Raises = "its window lacks from or until"
	}
	return g, nil
}

// redisRule reads a rule: an object or, as Bandera wrote before it kept enabled, a bare list.
func redisRule(text string) (Gate, error) {
	v, err := ParseJSON(text)
	g := Gate{Type: Rule, Enabled: true}
	if err != nil {
		return g, err
	}
	list := v
	if object, isMap := v.(map[string]any); isMap {
		enabled, has := object["enabled"]
		if list = object["constraints"]; !has || list == nil {
			return g, errors.New("it lacks enabled or constraints")
		}
		var isBool bool
		if g.Enabled, isBool = enabled.(bool); !isBool {
			g.Raises = "the rule's enabled isn't true or false"
		}
	}
	g.Constraints, err = constraints(list)
	return g, err
}

func constraints(v any) ([]Constraint, error) {
	list, isList := v.([]any)
	if !isList {
		return nil, errors.New("its constraints aren't a list")
	}
	out := make([]Constraint, len(list))
	for i, item := range list {
		members, _ := item.(map[string]any)
		attribute, named := members["attribute"].(string)
		operator, _ := members["operator"].(string)
		values, has := members["values"]
		if !named || !operators[operator] || !has {
			return nil, fmt.Errorf("constraint %d has no attribute, no values, or an operator that Bandera doesn't know", i+1)
		}
		out[i] = Constraint{Attribute: attribute, Operator: operator}
		switch values := values.(type) {
		case nil:
		case []any:
			out[i].Values = values
		default:
			out[i].Values = []any{values}
		}
	}
	return out, nil
}

// Redis returns the field and the value that the libraries keep the gate in.
func (g Gate) Redis() (field, value string) {
	switch g.Type {
	case PercentageOfTime, PercentageOfActors:
		return g.ID(), g.ratio()
	case Variant, Schedule:
		return g.ID(), g.json()
	case Rule:
		return g.ID(), `{"enabled":` + strconv.FormatBool(g.Enabled) + `,"constraints":` + g.json() + `}`
	}
	return g.ID(), strconv.FormatBool(g.Enabled)
}

// SQL returns the row that the library keeps the gate in.
func (g Gate) SQL(library Library, flag string) Row {
	r := Row{Flag: flag, Type: string(g.Type), Target: g.For, Enabled: &g.Enabled}
	switch g.Type {
	case PercentageOfTime, PercentageOfActors:
		r.Type, r.Target = "percentage", g.ratio()
	case Variant, Schedule, Rule:
		value := g.json()
		r.Target, r.Value = library.NoTarget(), &value
	case Boolean:
		r.Target = library.NoTarget()
	}
	return r
}

// ratio writes a percentage.
func (g Gate) ratio() string {
	return strings.TrimPrefix(string(g.Type), "percentage_of_") + "/" + floatText(g.Ratio)
}

// json writes what the gate holds besides its target.
func (g Gate) json() string {
	switch g.Type {
	case Variant:
		return string(appendJSON(nil, g.Weights))
	case Schedule:
		return string(appendJSON(nil, map[string]any{"from": g.From, "until": g.Until}))
	}
	list := make([]any, len(g.Constraints))
	for i, c := range g.Constraints {
		values := c.Values
		if values == nil {
			values = []any{}
		}
		list[i] = map[string]any{"attribute": c.Attribute, "operator": c.Operator, "values": values}
	}
	return string(appendJSON(nil, list))
}

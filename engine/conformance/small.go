package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// small is one vector of a .json file. Its kind says what the input holds.
type small struct {
	Kind   string          `json:"kind"`
	Input  json.RawMessage `json:"input"`
	Expect json.RawMessage `json:"expect"`
}

// readSmall reads a .json file.
func readSmall(file string, data []byte) ([]Case, error) {
	var vectors []small
	if err := decode(data, &vectors); err != nil {
		return nil, err
	}
	cases := make([]Case, len(vectors))
	for i, v := range vectors {
		build, known := kinds[v.Kind]
		if !known {
			return nil, fmt.Errorf("vector %d: unknown kind %q", i+1, v.Kind)
		}
		c := &cases[i]
		c.File, c.ID, c.Family = file, i+1, v.Kind
		// Small vectors come from Bandera.
		c.Set.Settings.GroupConflict = flagset.AllowWins
		if err := build(&v, c); err != nil {
			return nil, fmt.Errorf("vector %d (%s): %w", i+1, v.Kind, err)
		}
		if c.Skip == "" && c.check == nil {
			c.Skip = skip(c, v.raised())
		}
	}
	return cases, nil
}

// raised returns the error that the reference raised, if any, in the form of the .jsonl files.
func (v *small) raised() map[string]string {
	var e struct{ Raises string }
	if json.Unmarshal(v.Expect, &e) != nil || e.Raises == "" {
		return nil
	}
	return map[string]string{"enabled": e.Raises, "variant": e.Raises}
}

var kinds = map[string]func(*small, *Case) error{
	"score": smallScore, "variant": smallVariant, "eval": smallEval, "constraint": smallConstraint, "schedule": smallSchedule,
	"actor_id": smallActor, "group_in": smallGroup, "gate_id": smallSlot, "gate_new": smallGate,
	"variant_counts": smallCounts, "score_count_le": smallCount,
}

// ask sets a case to one flag and a request for it. The flag is off and has no variant unless the vector says
// otherwise.
func (c *Case) ask(key string, gates ...flagset.Gate) {
	off := false
	c.Expect.Enabled, c.Expect.Variant = &off, &Variant{}
	c.Flag = key
	c.Set.Flags = []flagset.Flag{{Key: key, Gates: gates}}
	c.Request.Flags = []string{key}
}

func (c *Case) expectEnabled(v *small) error {
	if v.raised() != nil {
		c.Expect = Expect{}
		return nil
	}
	c.Expect.Variant = &Variant{}
	return json.Unmarshal(v.Expect, &c.Expect.Enabled)
}

func variants(weights map[string]any) flagset.Gate {
	g := flagset.Gate{Type: flagset.VariantGate}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		g.Variants = append(g.Variants, flagset.Variant{Name: name, Weight: weight(weights[name])})
	}
	return g
}

// A variant gate tests a score, because it always needs one.
func smallScore(v *small, c *Case) error {
	var in struct {
		Actor string `json:"actor_key"`
		Flag  string
	}
	var out struct{ Score16 int32 }
	if err := decodeBoth(v, &in, &out); err != nil {
		return err
	}
	c.ask(in.Flag, variants(map[string]any{"any": json.Number("1")}))
	c.Request.Actor = &in.Actor
	c.Expect.Variant.Name = &c.Set.Flags[0].Gates[0].Variants[0].Name
	c.Expect.Score16 = &out.Score16
	return nil
}

func smallVariant(v *small, c *Case) error {
	var in struct {
		Actor   *string `json:"actor_key"`
		Flag    string
		Weights map[string]any
	}
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	c.ask(in.Flag, variants(in.Weights))
	c.Request.Actor = in.Actor
	if v.raised() != nil {
		c.Expect = Expect{}
		return nil
	}
	return json.Unmarshal(v.Expect, &c.Expect.Variant.Name)
}

func smallEval(v *small, c *Case) error {
	var in vector
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	in.GroupConflict = string(flagset.AllowWins)
	built, err := in.build()
	if err != nil {
		return err
	}
	c.Set, c.Flag, c.Request = built.Set, built.Flag, built.Request
	return c.expectEnabled(v)
}

func smallConstraint(v *small, c *Case) error {
	var in struct {
		Attribute, Operator string
		Values              []any
		Context             map[string]any
	}
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	rule := flagset.Gate{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: in.Attribute, Operator: in.Operator}}}
	for _, x := range in.Values {
		rule.Constraints[0].Values = append(rule.Constraints[0].Values, value(x))
	}
	c.ask("constraint", rule)
	c.Request.Attributes = map[string]any{}
	for name, x := range in.Context {
		c.Request.Attributes[name] = value(x)
	}
	return c.expectEnabled(v)
}

func smallSchedule(v *small, c *Case) error {
	var in struct {
		From, Until any
		Now         string
	}
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	now, err := flagset.ParseTime(in.Now)
	if err != nil {
		return fmt.Errorf("now: %q is %w", in.Now, err)
	}
	c.ask("schedule", flagset.Gate{Type: flagset.Schedule, Enabled: true, From: bound(in.From), Until: bound(in.Until)})
	c.Request.Now = now
	return c.expectEnabled(v)
}

// An actor gate for the reference's key tests an actor's key.
func smallActor(v *small, c *Case) error {
	var in any
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	if v.raised() != nil {
		c.Skip = SkipActor
		return nil
	}
	var want string
	if err := json.Unmarshal(v.Expect, &want); err != nil {
		return err
	}
	key := actorKey(in)
	c.ask("actor", flagset.Gate{Type: flagset.Actor, Target: want, Enabled: true})
	c.Request.Actor = &key
	on := true
	c.Expect.Enabled = &on
	return nil
}

// actorKey returns the key of an actor in one of the reference's forms: a string, an integer, or a map with an id of
// any type.
func actorKey(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	switch v := value(v).(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return elixirFloat(v)
	default:
		return fmt.Sprint(v)
	}
}

// elixirFloat formats a float the way the reference's runtime does: 1.0 and 1.0e20.
func elixirFloat(f float64) string {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if !scientific {
		return mantissa
	}
	return mantissa + "e" + strings.TrimPrefix(exponent, "+")
}

// A group gate tests membership. Only a list makes an actor a member of anything.
func smallGroup(v *small, c *Case) error {
	var in struct {
		Groups any
		Group  string
	}
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	key := "member"
	c.ask("group", flagset.Gate{Type: flagset.Group, Target: in.Group, Enabled: true})
	c.Request.Actor = &key
	if list, ok := in.Groups.([]any); ok {
		for _, g := range list {
			c.Request.Groups = append(c.Request.Groups, actorKey(g))
		}
	}
	return c.expectEnabled(v)
}

func smallSlot(v *small, c *Case) error {
	var in gate
	var want string
	if err := decodeBoth(v, &in, &want); err != nil {
		return err
	}
	g, err := in.gate()
	if err != nil {
		return err
	}
	c.check = func(Decide) error {
		if got := g.Slot(); got != want {
			return fmt.Errorf("the slot is %q, not %q", got, want)
		}
		return nil
	}
	return nil
}

// Writing a gate must accept what the gate's constructor accepts, and refuse what the constructor raises for.
func smallGate(v *small, c *Case) error {
	var in struct {
		Type string
		Arg  json.RawMessage
	}
	if err := decode(v.Input, &in); err != nil {
		return err
	}
	member, arg := "ratio", string(in.Arg)
	if in.Type == string(flagset.VariantGate) {
		var weights map[string]json.RawMessage
		if err := json.Unmarshal(in.Arg, &weights); err != nil {
			return err
		}
		var list []string
		for _, name := range slices.Sorted(maps.Keys(weights)) {
			list = append(list, fmt.Sprintf(`{"name": %q, "weight": %s}`, name, weights[name]))
		}
		member, arg = "variants", "["+strings.Join(list, ", ")+"]"
	}
	document := fmt.Sprintf(`{"key": "gate", "gates": [{"type": %q, %q: %s}]}`, in.Type, member, arg)
	raises := v.raised() != nil
	c.check = func(Decide) error {
		flag, problems := flagset.ParseFlag([]byte(document))
		problems = flagset.Join(problems, flagset.ValidateFlag(&flag))
		if refused := flagset.Err(problems) != nil; refused != raises {
			return fmt.Errorf("%s: refused is %t, not %t: %v", document, refused, raises, problems)
		}
		return nil
	}
	return nil
}

func smallCounts(v *small, c *Case) error {
	var in struct {
		Flag    string
		Weights map[string]any
		Actors  string `json:"actor_keys"`
	}
	var want map[string]int
	if err := decodeBoth(v, &in, &want); err != nil {
		return err
	}
	c.ask(in.Flag, variants(in.Weights))
	return c.count(in.Actors, func(a Answer) string {
		if a.Variant == nil {
			return ""
		}
		return *a.Variant
	}, want)
}

func smallCount(v *small, c *Case) error {
	var in struct {
		Flag   string
		Ratio  float64
		Actors string `json:"actor_keys"`
	}
	var want int
	if err := decodeBoth(v, &in, &want); err != nil {
		return err
	}
	c.ask(in.Flag, flagset.Gate{Type: flagset.PercentageOfActors, Enabled: true, Ratio: &in.Ratio})
	granted := func(a Answer) string {
		if a.Enabled {
			return "granted"
		}
		return ""
	}
	return c.count(in.Actors, granted, map[string]int{"granted": want})
}

// count makes the case about many actors, first..last. want says how many of them must get each kind of answer, other
// than the empty one.
func (c *Case) count(actors string, kind func(Answer) string, want map[string]int) error {
	var first, last int
	if _, err := fmt.Sscanf(actors, "%d..%d", &first, &last); err != nil {
		return err
	}
	c.check = func(decide Decide) error {
		data, err := c.Snapshot()
		if err != nil {
			return err
		}
		got := map[string]int{}
		for i := first; i <= last; i++ {
			key := strconv.Itoa(i)
			request, err := request.Request{Flags: []string{c.Flag}, Actor: &key}.Append(nil)
			if err != nil {
				return err
			}
			answer, err := decide(data, request)
			if err != nil {
				return err
			}
			if k := kind(answer); k != "" {
				got[k]++
			}
		}
		if !maps.Equal(got, want) {
			return fmt.Errorf("counted %v, not %v", got, want)
		}
		return nil
	}
	return nil
}

func decodeBoth(v *small, in, out any) error {
	if err := decode(v.Input, in); err != nil {
		return err
	}
	return decode(v.Expect, out)
}

package foresight

import (
	"math/big"
	"regexp/syntax"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// meeting returns a context that meets all constraints. It tries values near those of the constraints, and lets the
// engine say which hold; ok is false if none does.
func meeting(constraints []flagset.Constraint) (context map[string]any, ok bool) {
	if len(constraints) == 0 {
		return nil, false
	}
	byAttribute := map[string][]flagset.Constraint{}
	for _, c := range constraints {
		byAttribute[c.Attribute] = append(byAttribute[c.Attribute], c)
	}
	context = map[string]any{}
	for name, list := range byAttribute {
		value, ok := valueFor(name, list)
		if !ok {
			return nil, false
		}
		context[name] = value
	}
	return context, true
}

// valueFor returns a value of an attribute that meets all of its constraints.
func valueFor(name string, constraints []flagset.Constraint) (any, bool) {
	const key = "f"
	set := &flagset.Set{Flags: []flagset.Flag{{Key: key, Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: constraints}}}}}
	data, _ := snapshot.Compile(snapshot.Header{}, set, snapshot.Tolerant)
	if data == nil {
		return nil, false
	}
	loaded, err := engine.Load(data)
	if err != nil {
		return nil, false
	}
	var scratch engine.Scratch
	var d engine.Decision
	for _, candidate := range candidates(constraints) {
		value, err := flagset.Normalise(candidate)
		if err != nil {
			continue
		}
		in, err := input("", engine.NoActor, nil, map[string]any{name: value}, 0)
		if err != nil {
			continue
		}
		if loaded.Evaluate(key, in, &scratch, &d); d.Enabled {
			return value, true
		}
	}
	return nil, false
}

// maxCandidates bounds the values that are tried for one attribute.
const maxCandidates = 512

// candidates lists values that may meet the constraints of one attribute.
func candidates(constraints []flagset.Constraint) []any {
	var list []any
	begin, middle, end := "", "", ""
	for _, c := range constraints {
		for _, v := range c.Values[:min(len(c.Values), 16)] {
			text, isText := v.(string)
			switch c.Operator {
			case "starts_with":
				begin = text
			case "contains":
				middle += text
			case "ends_with":
				end = text
			case "matches":
				list = append(list, matching(text)...)
				continue
			}
			list = append(list, v)
			list = append(list, near(v)...)
			if isText {
				list = append(list, text+"~", text+"0", strings.TrimRight(text, text[max(len(text)-1, 0):]))
			}
		}
	}
	list = append(list, begin+middle+end, "another", "", int64(0), "0.0.0", true, false)
	return list[:min(len(list), maxCandidates)]
}

// near returns the numbers beside a number.
func near(v any) []any {
	switch v := v.(type) {
	case int64:
		one, n := big.NewInt(1), big.NewInt(v)
		return []any{new(big.Int).Add(n, one), new(big.Int).Sub(n, one)}
	case float64:
		return []any{v + 1, v - 1, v * 2, v / 2}
	case *big.Int:
		one := big.NewInt(1)
		return []any{new(big.Int).Add(v, one), new(big.Int).Sub(v, one)}
	}
	return nil
}

// matching returns texts that a pattern probably matches.
func matching(pattern string) []any {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	var list []any
	for variant := range 4 {
		if b := (texts{variant: variant}); b.write(re) {
			list = append(list, b.String())
		}
	}
	return list
}

// texts writes a text that a pattern matches. Its variant says which way it takes where there are several.
type texts struct {
	strings.Builder
	variant int
}

// write appends a text for one part of a pattern. It reports false if the part matches nothing, or the text grows too
// long.
func (t *texts) write(re *syntax.Regexp) bool {
	times := 1
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		t.WriteString(string(re.Rune))
		return true
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return false
		}
		pair := t.variant % (len(re.Rune) / 2)
		t.WriteRune(re.Rune[2*pair])
		return true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		t.WriteByte("ab1 "[t.variant%4])
		return true
	case syntax.OpAlternate:
		return t.write(re.Sub[t.variant%len(re.Sub)])
	case syntax.OpStar, syntax.OpQuest:
		times = t.variant % 2
	case syntax.OpRepeat:
		times = re.Min
	}
	for range times {
		for _, sub := range re.Sub {
			if t.Len() > engine.MaxPatternBytes || !t.write(sub) {
				return false
			}
		}
	}
	return true
}

// input returns an input as a host sends it: through the bytes of a request.
func input(actor string, presence engine.Presence, groups []string, context map[string]any, now int64) (*engine.Input, error) {
	r := request.Request{Flags: []string{""}, Groups: groups, Now: now}
	if presence == engine.Keyed {
		r.Actor = &actor
	}
	if context != nil {
		normal, err := flagset.Normalise(context)
		if err != nil {
			return nil, err
		}
		r.Attributes = normal.(map[string]any)
	}
	data, err := r.Append(nil)
	if err != nil {
		return nil, err
	}
	var parsed engine.Request
	if !parsed.Parse(string(data)) {
		return nil, errUnreadable
	}
	return &parsed.Input, nil
}

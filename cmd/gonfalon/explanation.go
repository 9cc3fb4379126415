package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// readExplanation reads the bytes of an explanation, as wasm/ABI.md describes them.
func readExplanation(data []byte) ([]controlplane.Step, error) {
	root, err := decodeMsgpack(msgpack.NewDecoder(bytes.NewReader(data)))
	if err != nil {
		return nil, err
	}
	whole, _ := root.([]any)
	if len(whole) != 2 {
		return nil, fmt.Errorf("an explanation of %d parts", len(whole))
	}
	list, _ := whole[1].([]any)
	steps := make([]controlplane.Step, len(list))
	for i, item := range list {
		parts, _ := item.([]any)
		if len(parts) != 7 {
			return nil, fmt.Errorf("step %d has %d parts", i, len(parts))
		}
		gate, _ := parts[0].(int64)
		outcome, _ := parts[1].(int64)
		target, _ := parts[2].(string)
		steps[i] = controlplane.Step{
			Gate: engine.Gate(gate).String(), Target: target, Outcome: engine.Outcome(outcome).String(),
			Detail: detail(engine.Gate(gate), engine.Outcome(outcome), parts[3:]),
		}
	}
	return steps, nil
}

// detail says what a gate compared. The parts are a, b, c and the details of the step.
func detail(g engine.Gate, o engine.Outcome, parts []any) string {
	a, b := parts[0], parts[1]
	if o == engine.OutcomeNotAsked {
		if g == engine.GateRule || g == engine.GateSegment {
			return "there is no context"
		}
		return "there is no actor"
	}
	switch g {
	case engine.GateActor:
		return [...]string{"not named", "named, and denied", "named, and allowed", "named twice"}[a.(int64)&3]
	case engine.GateGroup:
		if o == engine.OutcomeNo {
			return "in none of the groups"
		}
		return "a member"
	case engine.GateRule, engine.GateSegment:
		return comparisons(a, b, parts[3])
	case engine.GateBoolean:
		return onOff(a == int64(1))
	case engine.GateSchedule:
		return fmt.Sprintf("from %s until %s, now %s", instant(a), instant(b), instant(parts[2]))
	case engine.GatePercentageOfActors:
		return share(a, b, "actors")
	case engine.GatePercentageOfTime:
		draw, granted := a.(int64), b.(int64)
		return fmt.Sprintf("%s of the time: drew %s", percent(float64(granted)/10000), percent(float64(draw)/10000))
	case engine.GatePrerequisite:
		found := "missing"
		if b != nil {
			found = [...]string{"off", "on", "part of a cycle"}[b.(int64)]
		}
		if o == engine.OutcomePass {
			return found + ", as required"
		}
		return fmt.Sprintf("%s, must be %s", found, onOff(a == int64(1)))
	case engine.GateKill:
		return "the flag is killed"
	}
	return ""
}

// comparisons tells a rule's constraints up to the first that doesn't hold, and its rollout.
func comparisons(score, most, details any) string {
	list, _ := details.([]any)
	var told []string
	for _, item := range list {
		c := item.([]any)
		attribute, operator, values, actual, held := c[0], engine.Operator(c[1].(int64)), c[2], c[3], c[4] == true
		text := fmt.Sprintf("%v %s %s", attribute, operator, inline(values))
		switch {
		case actual == nil:
			told = append(told, text+": it is missing")
		case held:
			told = append(told, text)
		default:
			told = append(told, fmt.Sprintf("%s: it is %s", text, inline(actual)))
		}
		if !held {
			return strings.Join(told, " and ")
		}
	}
	if most != nil {
		told = append(told, share(score, most, "them"))
	}
	return strings.Join(told, " and ")
}

// share says where a score lies; both are parts of 65536.
func share(score, most any, of string) string {
	limit := float64(most.(int64)) / 65536
	text := fmt.Sprintf("%s of %s", percent(limit), of)
	if score == nil {
		return text
	}
	at := float64(score.(int64)) / 65536
	sign := "≤"
	if at > limit {
		sign = ">"
	}
	return fmt.Sprintf("%s: score %.4f %s %.4f", text, at, sign, limit)
}

func percent(ratio float64) string {
	return strconv.FormatFloat(ratio*100, 'g', 4, 64) + "%"
}

func instant(v any) string {
	if v == nil {
		return "ever"
	}
	return time.UnixMicro(v.(int64)).UTC().Format(time.RFC3339Nano)
}

func inline(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// decodeMsgpack reads a value: nil, bool, int64, float64, string, []any, map[string]any, or the digits of a longer integer
// as a json.Number.
func decodeMsgpack(d *msgpack.Decoder) (any, error) {
	code, err := d.PeekCode()
	switch {
	case err != nil:
		return nil, err
	case msgpcode.IsFixedExt(code) || code == msgpcode.Ext8 || code == msgpcode.Ext16 || code == msgpcode.Ext32:
		_, length, err := d.DecodeExtHeader()
		if err != nil {
			return nil, err
		}
		digits := make([]byte, length)
		err = d.ReadFull(digits)
		return json.Number(digits), err
	case msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32:
		n, err := d.DecodeArrayLen()
		list := make([]any, 0, max(n, 0))
		for ; n > 0 && err == nil; n-- {
			var item any
			item, err = decodeMsgpack(d)
			list = append(list, item)
		}
		return list, err
	case msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32:
		n, err := d.DecodeMapLen()
		object := make(map[string]any, max(n, 0))
		for ; n > 0 && err == nil; n-- {
			var name string
			if name, err = d.DecodeString(); err == nil {
				object[name], err = decodeMsgpack(d)
			}
		}
		return object, err
	}
	v, err := d.DecodeInterfaceLoose()
	if n, unsigned := v.(uint64); unsigned && n <= math.MaxInt64 {
		return int64(n), err
	}
	return v, err
}

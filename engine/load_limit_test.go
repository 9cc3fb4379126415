package engine_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// raw writes a snapshot that the compiler would refuse: one flag whose record has these ten fields.
func raw(t *testing.T, counts [12]int, record ...any) []byte {
	t.Helper()
	pack := func(v any) []byte {
		var b bytes.Buffer
		e := msgpack.NewEncoder(&b)
		e.UseCompactInts(true)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	header := []any{"gonfalon", 1, "test", make([]byte, 16), 1, []int{0}, counts[:]}
	data := pack([]any{header, []any{}, []any{[]any{"f", pack(record)}}, make([]byte, 32)})
	return engine.Reseal(data)
}

func flat(n int, item func(i int) []any) []any {
	var list []any
	for i := range n {
		list = append(list, item(i)...)
	}
	return list
}

// Load checks each limit itself, no matter who made the bytes.
func TestLoadChecksLimits(t *testing.T) {
	none := []any{}
	constraint := func(values []any, program any, op int) []any {
		return []any{[]any{0, []any{[]any{"a", op, values, program}}}}
	}
	slots := func(n int) int {
		size := 2
		for size < n+n/2 {
			size *= 2
		}
		return size
	}
	name := func(i, n int) string {
		return strings.Repeat("x", n-6) + string([]byte{byte('0' + i/100000%10), byte('0' + i/10000%10), byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
	}
	type shape struct {
		counts [12]int
		record []any
	}
	for what, c := range map[string]struct {
		max  int
		make func(n int) shape
	}{
		"MaxTargets": {engine.MaxTargets, func(n int) shape {
			return shape{[12]int{1, 0, slots(n)}, []any{0, 0, 0, 0, flat(n, func(i int) []any { return []any{name(i, 6), 2} }), none, none, none, none, none}}
		}},
		"MaxNameBytes": {engine.MaxNameBytes, func(n int) shape {
			return shape{[12]int{1, 0, 2}, []any{0, 0, 0, 0, []any{name(1, n), 2}, none, none, none, none, none}}
		}},
		"MaxRules": {engine.MaxRules, func(n int) shape {
			return shape{[12]int{1, 0, 0, n}, []any{0, 0, 0, 0, none, none, flat(n, func(int) []any { return []any{[]any{0, "missing"}} }), none, none, none}}
		}},
		"MaxConstraints": {engine.MaxConstraints, func(n int) shape {
			list := flat(n, func(int) []any { return []any{[]any{"a", 0, none, nil}} })
			return shape{[12]int{1, 0, 0, 1, n}, []any{0, 0, 0, 0, none, none, []any{[]any{0, list}}, none, none, none}}
		}},
		"MaxValues": {engine.MaxValues, func(n int) shape {
			values := flat(n, func(i int) []any { return []any{i} })
			return shape{[12]int{1, 0, 0, 1, 1, n}, []any{0, 0, 0, 0, none, none, constraint(values, nil, 2), none, none, none}}
		}},
		"MaxValueBytes": {engine.MaxValueBytes, func(n int) shape {
			return shape{[12]int{1, 0, 0, 1, 1, 1}, []any{0, 0, 0, 0, none, none, constraint([]any{name(1, n)}, nil, 2), none, none, none}}
		}},
		"MaxPatternInstructions": {engine.MaxPatternInstructions, func(n int) shape {
			program := []any{0, flat(n, func(int) []any { return []any{2, 0, 0, 0} }), none}
			return shape{[12]int{1, 0, 0, 1, 1, 1, 0, 0, 0, 1, n}, []any{0, 0, 0, 0, none, none, constraint([]any{"p"}, program, 9), none, none, none}}
		}},
		"MaxPatternRanges": {engine.MaxPatternRanges, func(n int) shape {
			program := []any{0, []any{2, 0, 0, 0}, flat(n&^1, func(i int) []any { return []any{i} })}
			if n&1 == 1 {
				program[2] = append(program[2].([]any), 1, 2)
			}
			return shape{[12]int{1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, len(program[2].([]any))}, []any{0, 0, 0, 0, none, none, constraint([]any{"p"}, program, 9), none, none, none}}
		}},
		"MaxVariants": {engine.MaxVariants, func(n int) shape {
			return shape{[12]int{1, 0, 0, 0, 0, 0, n}, []any{0, 0, 0, 0, none, none, none, flat(n, func(i int) []any { return []any{[]any{name(i, 8), 0, nil}} }), none, none}}
		}},
		"MaxPayloadBytes": {engine.MaxPayloadBytes, func(n int) shape {
			return shape{[12]int{1, 0, 0, 0, 0, 0, 1}, []any{0, 0, 0, 0, none, none, none, []any{[]any{"v", 0, make([]byte, n)}}, none, none}}
		}},
		"MaxPrerequisites": {engine.MaxPrerequisites, func(n int) shape {
			return shape{[12]int{1, 0, 0, 0, 0, 0, 0, n}, []any{0, 0, 0, 0, none, none, none, none, flat(n, func(i int) []any { return []any{name(i, 8), true} }), none}}
		}},
		"MaxSchedules": {engine.MaxSchedules, func(n int) shape {
			return shape{[12]int{1, 0, 0, 0, 0, 0, 0, 0, n}, []any{0, 0, 0, 0, none, none, none, none, none, flat(n, func(i int) []any { return []any{i, i + 1} })}}
		}},
	} {
		t.Run(what, func(t *testing.T) {
			at := c.make(c.max)
			if n, fault, _ := loaded(t, raw(t, at.counts, at.record...)).Unreadable(); n != 0 {
				t.Errorf("at the limit: %v", fault)
			}
			past := c.make(c.max + 1)
			s := loaded(t, raw(t, past.counts, past.record...))
			if n, fault, _ := s.Unreadable(); n != 1 || fault != engine.CodeLimit || s.Readable(0) {
				t.Errorf("past the limit: %d unreadable, %v", n, fault)
			}
		})
	}
}

// A header that claims more than the bytes can hold reserves nothing.
func TestLoadBoundsMemoryByTheBytes(t *testing.T) {
	for i := range 12 {
		counts := [12]int{1}
		counts[i] = 1 << 30
		if _, err := engine.Load(raw(t, counts, 0, 0, 0, 0, []any{}, []any{}, []any{}, []any{}, []any{}, []any{})); code(err) != engine.CodeLimit {
			t.Errorf("count %d of 2^30: %v", i, err)
		}
	}
}

func TestLoadRefusesLongSnapshots(t *testing.T) {
	if _, err := engine.Load(make([]byte, engine.MaxSnapshotBytes+1)); code(err) != engine.CodeTooLarge {
		t.Error(err)
	}
}

// Keys made to collide are refused; otherwise loading them would take minutes.
func TestLoadRefusesCollisions(t *testing.T) {
	const keys, slots = 4200, 8192
	var list []any
	for i := 0; len(list) < 2*keys; i++ {
		var b [8]byte
		for k := range b {
			b[k] = byte('!' + i>>(6*k)&63)
		}
		if key := string(b[:]); engine.Hash(key)%slots == 0 {
			list = append(list, key, 2)
		}
	}
	none := []any{}
	if _, err := engine.Load(raw(t, [12]int{1, 0, slots}, 0, 0, 0, 0, list, none, none, none, none, none)); code(err) != engine.CodeCollisions {
		t.Error(err)
	}
}

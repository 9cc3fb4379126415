package engine_test

import (
	"bytes"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// family is a flag "new" whose record the test replaces, flags that depend on it, and one that doesn't.
const family = `
segments:
  - key: seg
    constraints: [{attribute: plan, operator: eq, values: [pro]}]
flags:
  - key: alone
    gates: [{type: boolean, enabled: true}]
  - key: child
    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: new, enabled: false}]
  - key: grandchild
    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: child, enabled: false}]
  - key: member
    gates: [{type: boolean, enabled: true}, {type: segment, target: seg}]
  - key: new
    gates:
      - {type: boolean, enabled: true}
      - {type: actor, target: "user:1", enabled: true}
      - {type: group, target: staff, enabled: true}
      - {type: variant, variants: [{name: blue, weight: 1}]}
      - {type: rule, constraints: [{attribute: plan, operator: eq, values: [pro]}]}
      - {type: schedule, from: "2026-01-01T00:00:00Z"}
  - key: other
    gates: [{type: boolean, enabled: true}, {type: actor, target: "user:2", enabled: false}]
`

// alter replaces the one occurrence of a record's bytes with as many others, as a newer build could have written.
func alter(t *testing.T, data, from, to []byte) []byte {
	t.Helper()
	if bytes.Count(data, from) != 1 || len(from) != len(to) {
		t.Fatalf("%x is there %d times", from, bytes.Count(data, from))
	}
	return engine.Reseal(bytes.Replace(data, from, to, 1))
}

func enabled(s *engine.Snapshot, key string) bool {
	var sc engine.Scratch
	var d engine.Decision
	in := actor("user:1", "staff")
	in.Attributes = []engine.Attribute{engine.String("plan", "pro")}
	s.Evaluate(key, &in, &sc, &d)
	return d.Enabled
}

// A flag that this engine can't read is off, and so is every flag that requires it, on or off; the others go on.
func TestUnreadableFlagIsOff(t *testing.T) {
	data := compiled(t, family)
	record := []byte{0x9a, 1, 0, 0, 0} // of "new": the only flag with a bare boolean gate that is on before an actor's list of one
	record = append(record, 0x92, 0xa6)
	record = append(record, "user:1"...)
	for name, change := range map[string]func([]byte){
		"an eleventh bit":     func(b []byte) { b[1] = 0x40 },
		"a float for a ratio": func(b []byte) { b[2] = 0xa0 },
		"a bool for a draw":   func(b []byte) { b[3] = 0xc3 },
	} {
		t.Run(name, func(t *testing.T) {
			changed := bytes.Clone(record)
			change(changed)
			s := loaded(t, alter(t, data, record, changed))
			if n, fault, at := s.Unreadable(); n != 1 || fault == engine.CodeOK || at == 0 || s.Readable(s.Find("new")) {
				t.Fatalf("%d unreadable: %v at %d", n, fault, at)
			}
			for key, want := range map[string]bool{"alone": true, "other": true, "member": true, "new": false, "child": false, "grandchild": false} {
				if enabled(s, key) != want {
					t.Errorf("%s is %t", key, !want)
				}
			}
			d, steps := explainedSteps(s, "new")
			if len(steps) != 1 || steps[0].Gate != engine.GateNone || steps[0].Outcome != engine.OutcomeFail || d.Reason != engine.ReasonDefault || d.VariantIndex >= 0 {
				t.Errorf("%+v %+v", d, steps)
			}
			exercise(s, actor("user:1", "staff"))
		})
	}
}

// A segment that this engine can't read takes its flags with it: without it, they would grant to others than the writer meant.
func TestUnreadableSegmentTakesItsFlags(t *testing.T) {
	data := compiled(t, family)
	record := []byte{0x91, 0x94, 0xa4, 'p', 'l', 'a', 'n', 0, 0x91, 0xa3, 'p', 'r', 'o', 0xc0, 0x92} // of "seg": what follows is the list of flags
	i := bytes.Index(data, record[:13])
	changed := bytes.Clone(data)
	changed[i+7] = 0x60 // the operator
	s := loaded(t, engine.Reseal(changed))
	if n, _, _ := s.Unreadable(); n != 2 || s.Readable(s.Find("member")) {
		t.Fatalf("%d unreadable", n)
	}
	if enabled(s, "member") || !enabled(s, "alone") || !enabled(s, "new") {
		t.Error("the segment's flag alone is to be off")
	}
}

// Damage is no newer form: a record that isn't msgpack, or counts that are too small, refuse the whole snapshot.
func TestDamagedRecordRefusesTheSnapshot(t *testing.T) {
	none := []any{}
	if _, err := engine.Load(raw(t, [12]int{1, 0, 0}, 0, 0, 0, 0, []any{"a", 2}, none, none, none, none, none)); code(err) != engine.CodeCounts {
		t.Errorf("counts too small: %v", err)
	}
	data := compiled(t, family)
	at := bytes.Index(data, append([]byte{0x9a, 1, 0, 0, 0, 0x92, 0xa6}, "user:1"...))
	changed := bytes.Clone(data)
	changed[at] = 0x9b // one more than the record's bytes hold
	if _, err := engine.Load(engine.Reseal(changed)); code(err) != engine.CodeMalformed {
		t.Errorf("a record that goes on past its end: %v", err)
	}
}

func explainedSteps(s *engine.Snapshot, key string) (engine.Decision, []engine.Step) {
	var sc engine.Scratch
	var d engine.Decision
	in := actor("user:1", "staff")
	steps := make([]engine.Step, 16)
	n := s.Explain(s.Find(key), &in, &sc, &d, steps)
	return d, steps[:n]
}

package conformance

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"os"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

var update = flag.Bool("update", false, "write newer.jsonl again")

// These flags meet a record that no build has written yet. Each case's answer is in the table below.
const newerFlags = `
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
    gates: [{type: boolean, enabled: true}, {type: variant, variants: [{name: blue, weight: 1}]}]
`

// newerCases writes the cases of newer.jsonl: the flags above, in which one record is of a newer form.
func newerCases(t *testing.T) []Case {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(newerFlags))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	whole := Case{Set: *set.Sorted()}
	data, err := whole.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	plan := []byte{0xa4, 'p', 'l', 'a', 'n'}
	var cases []Case
	for _, form := range []struct {
		family string
		from   []byte // what is replaced, once
		at     int    // the byte of it that changes
		to     byte
		off    []string // the flags that are off because of it
	}{
		{"an unknown bit", []byte{0xa3, 'n', 'e', 'w', 0xc4}, 7, 0x41, []string{"child", "grandchild", "new"}},
		{"another type", []byte{0xa3, 'n', 'e', 'w', 0xc4}, 8, 0xc3, []string{"child", "grandchild", "new"}},
		{"an unknown operator", append(plan, 0), 5, 0x7f, []string{"child", "member"}},
	} {
		at := bytes.Index(data, form.from)
		changed := bytes.Clone(data)
		changed[at+form.at] = form.to
		id := sha256.Sum256(changed[:len(changed)-len(sha256.Sum256(nil))])
		copy(changed[len(changed)-len(id):], id[:])
		for _, key := range []string{"alone", "child", "grandchild", "member", "new"} {
			actor := "user:1"
			request, err := request.Request{Flags: []string{key}, Actor: &actor, Attributes: map[string]any{"plan": "pro"}}.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			on, variant := true, &Variant{}
			for _, off := range form.off {
				on = on && key != off
			}
			if key == "new" && on {
				variant.Name = new(string)
				*variant.Name = "blue"
			}
			cases = append(cases, Case{
				File: "newer.jsonl", ID: len(cases) + 1, Family: form.family, Flag: key,
				Expect: Expect{Enabled: &on, Variant: variant}, bytes: &emitted{Snapshot: changed, Request: request},
			})
		}
	}
	return cases
}

func TestNewer(t *testing.T) {
	var want bytes.Buffer
	if err := Emit(&want, newerCases(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("newer.jsonl", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Vectors.ReadFile("newer.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if !*update && !bytes.Equal(got, want.Bytes()) {
		t.Error("newer.jsonl differs from what the test writes: make golden")
	}
	report := Run(newerCases(t), Native)
	for _, f := range report.Failures() {
		t.Errorf("%s %s: %v", f.Case.Family, f.Case.Flag, f.Err)
	}
}

package conformance

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func all(t *testing.T) []Case {
	t.Helper()
	cases, err := All()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestVectors(t *testing.T) {
	report := Run(all(t), Native)
	var text strings.Builder
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	total := report.Total()
	if total.Failed > 0 {
		t.Error(text.String())
	}
	if total.Passed < 6_400 {
		t.Errorf("only %d cases passed: vectors are missing\n%s", total.Passed, text.String())
	}
	for _, f := range report.Families {
		want := 0
		if f.Name == "odd" {
			want = 4 // three actors without an id, and a sum of weights that overflows: there the reference raises
		}
		if f.File != "small.json" && f.Skipped != want {
			t.Errorf("%s %s: %d skipped, want %d", f.File, f.Name, f.Skipped, want)
		}
	}
}

// The reference also recorded the answer of the gates alone, without prerequisites and segments.
func TestPure(t *testing.T) {
	checked := 0
	for _, c := range all(t) {
		if c.pure == nil {
			continue
		}
		checked++
		flag := c.Set.Flags[0]
		flag.Gates = nil
		for _, g := range c.Set.Flags[0].Gates {
			if g.Type != flagset.SegmentGate && g.Type != flagset.Prerequisite {
				flag.Gates = append(flag.Gates, g)
			}
		}
		c.Set.Flags = []flagset.Flag{flag}
		c.Expect = Expect{Enabled: c.pure}
		if err := c.Run(Native); err != nil {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	if checked < 4_500 {
		t.Errorf("only %d cases have a pure answer", checked)
	}
}

// A runner that never fails would prove nothing: it must notice each part of an answer that is made wrong.
func TestRunFindsWrongAnswers(t *testing.T) {
	cases := slices.DeleteFunc(all(t), func(c Case) bool { return c.ID%4 != 0 && c.check == nil })
	right := Run(cases, Native).Total()
	for name, spoil := range map[string]func(*Answer){
		"enabled": func(a *Answer) { a.Enabled = !a.Enabled },
		"variant": func(a *Answer) {
			if a.Variant == nil {
				a.Variant = new(string)
			} else {
				a.Variant = nil
			}
		},
		"score": func(a *Answer) { a.Score16 ^= 1 },
	} {
		report := Run(cases, func(snapshot, request []byte) (Answer, error) {
			a, err := Native(snapshot, request)
			if name != "score" || a.Score16 >= 0 {
				spoil(&a)
			}
			return a, err
		})
		if total := report.Total(); total.Failed < right.Passed/10 {
			t.Errorf("wrong %s: only %d of %d cases failed", name, total.Failed, right.Passed)
		}
	}
}

func TestEmit(t *testing.T) {
	cases := all(t)
	var out bytes.Buffer
	if err := Emit(&out, cases); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte{'\n'})
	asked := 0
	for _, c := range cases {
		if c.check == nil {
			asked++
		}
	}
	if len(lines) != asked {
		t.Fatalf("%d lines, want %d", len(lines), asked)
	}
	for _, line := range lines {
		var e struct {
			Snapshot, Request []byte
			Flag, Skipped     string
			Expect            map[string]json.RawMessage
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Skipped != "" {
			continue
		}
		a, err := Native(e.Snapshot, e.Request)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for part, got := range map[string]any{"enabled": a.Enabled, "variant": a.Variant} {
			if want, compared := e.Expect[part]; compared {
				if text, _ := json.Marshal(got); !bytes.Equal(text, want) {
					t.Errorf("%s %s: got %s", line, part, text)
				}
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":     "{",
		"bad time":     `{"id":1,"flag":{"name":"f"},"options":{"now":"today"}}`,
		"bad weights":  `{"id":1,"flag":{"name":"f","gates":[{"type":"variant","value":3}]},"options":{"now":"2026-06-01T12:00:00Z"}}`,
		"bad schedule": `{"id":1,"flag":{"name":"f","gates":[{"type":"schedule","value":[]}]},"options":{"now":"2026-06-01T12:00:00Z"}}`,
	} {
		if cases, err := Read(fstest.MapFS{"v.jsonl": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s: read as %d cases", name, len(cases))
		}
	}
	if _, err := Read(fstest.MapFS{}); err == nil {
		t.Error("an empty folder was read")
	}
	if _, err := Read(fstest.MapFS{"v.json": {Data: []byte(`[{"kind":"new"}]`)}}); err == nil {
		t.Error("an unknown kind was read")
	}
}

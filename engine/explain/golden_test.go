package explain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

var update = flag.Bool("update", false, "write hostsdk/explanations.json again")

const file = "../../hostsdk/explanations.json"

// golden is one explanation as every SDK reads it, with the words for each step.
type golden struct {
	About       string     `json:"about"`
	Explanation []byte     `json:"explanation"` // base64: the module's answer
	Steps       [][]string `json:"steps"`       // gate, target, outcome, detail
}

const flags = `
segments:
  - key: pros
    constraints: [{attribute: plan, operator: eq, values: [pro]}, {attribute: seats, operator: gte, values: [10]}]
flags:
  - {key: parent, gates: [{type: boolean, enabled: true}]}
  - {key: round, gates: [{type: boolean, enabled: true}, {type: prerequisite, target: round}]}
  - {key: killed, killed: true, gates: [{type: boolean, enabled: true}]}
  - {key: needs, gates: [{type: prerequisite, target: parent}, {type: prerequisite, target: killed, enabled: false}, {type: prerequisite, target: round, enabled: false}]}
  - {key: ghost, gates: [{type: prerequisite, target: nowhere}]}
  - {key: off, gates: [{type: prerequisite, target: parent, enabled: false}]}
  - key: all
    gates:
      - {type: actor, target: "user:7", enabled: true}
      - {type: actor, target: "user:8", enabled: false}
      - {type: group, target: staff, enabled: true}
      - {type: group, target: banned, enabled: false}
      - {type: segment, target: pros, ratio: 0.1}
      - type: rule
        constraints:
          - {attribute: country, operator: in, values: [DE, 12345678901234567890, 0.5, null, true, [1, 1.5], {a: "x"}]}
      - {type: schedule, from: "2030-01-01T00:00:00Z", until: "2030-01-02T00:00:00.25Z"}
      - {type: percentage_of_actors, ratio: 0.001}
  - key: texts
    gates: [{type: rule, constraints: [{attribute: "odd name\u202e", operator: eq, values: ["tab\t \"quoted\" \\ \u001b[31m \u2028 ü 漢"]}]}]
  - key: long
    gates: [{type: rule, constraints: [{attribute: a, operator: not_in, values: ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}]}]
  - key: floats
    gates: [{type: rule, constraints: [{attribute: f, operator: in, values: [1.0e-7, 1.5e22, 123456.789, -0.25]}]}]
  - key: time
    gates: [{type: percentage_of_time, ratio: 0.575}]
  - key: share
    gates: [{type: percentage_of_actors, ratio: 0.3333}]
  - key: open
    gates: [{type: schedule, until: "2020-01-01T00:00:00Z"}, {type: boolean, enabled: false}]
  - {key: costly, gates: [{type: rule, constraints: [{attribute: path, operator: matches, values: ["(a|.){0,99}$x"]}]}, {type: boolean, enabled: true}]}
  - {key: sought, gates: [{type: rule, constraints: [{attribute: path, operator: contains, values: ["PART"]}]}, {type: boolean, enabled: true}]}
  - {key: dear, gates: [{type: prerequisite, target: costly, enabled: false}, {type: boolean, enabled: true}]}
  - key: since
    gates: [{type: schedule, from: "2020-01-01T00:00:00Z"}]
`

func cases(t *testing.T) []golden {
	t.Helper()
	set, problems := flagset.ParseYAML([]byte(strings.Replace(flags, "PART", strings.Repeat("/", 4_000)+"x", 1)))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	data, _ := snapshot.Compile(snapshot.Header{Environment: "default"}, &set, snapshot.Tolerant)
	s, err := engine.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	const now = 1780315200_250000 // 2026-06-01T12:00:00.25Z
	var out []golden
	ask := func(about, key string, r request.Request) {
		r.Flags, r.Now = []string{key}, now
		call, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var parsed engine.Request
		if !parsed.Parse(string(call)) {
			t.Fatal("the request is malformed")
		}
		var d engine.Decision
		x := golden{About: about, Explanation: explain.Bytes(s, &parsed, new(engine.Scratch), &d), Steps: [][]string{}}
		steps, err := explain.Read(x.Explanation)
		if err != nil {
			t.Fatal(err)
		}
		for i := range steps {
			x.Steps = append(x.Steps, []string{steps[i].Gate.String(), steps[i].Target, steps[i].Outcome.String(), steps[i].Detail()})
		}
		out = append(out, x)
	}
	pro := map[string]any{"plan": "pro", "seats": int64(12), "country": "US"}
	ask("nothing grants", "all", request.Request{Actor: new("user:3"), Attributes: pro})
	ask("an actor is allowed", "all", request.Request{Actor: new("user:7")})
	ask("an actor is denied", "all", request.Request{Actor: new("user:8")})
	ask("a group is allowed", "all", request.Request{Actor: new("user:3"), Groups: []string{"staff"}})
	ask("a group is denied", "all", request.Request{Actor: new("user:3"), Groups: []string{"staff", "banned"}})
	ask("nobody, and no context", "all", request.Request{})
	ask("a context, but no actor", "all", request.Request{Attributes: pro})
	ask("the second constraint doesn't hold", "all", request.Request{Actor: new("user:3"), Attributes: map[string]any{"plan": "pro", "seats": int64(9)}})
	ask("an attribute is missing", "all", request.Request{Actor: new("user:3"), Attributes: map[string]any{"other": true}})
	ask("a killed flag", "killed", request.Request{})
	ask("prerequisites, one of them in a cycle", "needs", request.Request{})
	ask("a prerequisite that is missing", "ghost", request.Request{})
	ask("a prerequisite that must be off", "off", request.Request{})
	ask("text that would change the terminal", "texts", request.Request{Attributes: map[string]any{"odd name\u202e": "\u009b2J \u200b", "x": ""}})
	ask("long values", "long", request.Request{Attributes: map[string]any{"a": string(bytes.Repeat([]byte("x"), 92))}})
	ask("floats", "floats", request.Request{Attributes: map[string]any{"f": 2.5}})
	ask("a percentage of time, granted", "time", request.Request{Roll: 2})
	ask("a percentage of time, not granted", "time", request.Request{Roll: 16})
	ask("a percentage of actors", "share", request.Request{Actor: new("user:2")})
	ask("a schedule that has ended", "open", request.Request{})
	ask("a schedule without an end", "since", request.Request{})
	ask("a pattern over too long a text", "costly", request.Request{Attributes: map[string]any{"path": string(bytes.Repeat([]byte("/"), 20_000))}})
	ask("a part that is sought in too long a text", "sought", request.Request{Attributes: map[string]any{"path": strings.Repeat("/", 12_000)}})
	ask("a prerequisite with such a pattern", "dear", request.Request{Attributes: map[string]any{"path": string(bytes.Repeat([]byte("/"), 20_000))}})
	ask("an unknown flag", "unknown", request.Request{})
	return out
}

// TestGolden holds the words: SDKs in other languages read the same file.
func TestGolden(t *testing.T) {
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(cases(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the words changed: make golden, and read what differs\n%s", got.String())
	}
}

// Whatever bytes come, reading them fails or gives steps that can be worded.
func FuzzRead(f *testing.F) {
	f.Add([]byte{0x92, 0, 0x91, 0x97, 1, 0, 0xc0, 1, 0xc0, 0xc0, 0xc0})
	f.Add([]byte{0x92, 0, 0x91, 0x97, 9, 9, 0xc0, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7, 0xc0, 0xc0})
	f.Fuzz(func(t *testing.T, data []byte) {
		steps, err := explain.Read(data)
		if err != nil {
			return
		}
		for i := range steps {
			for _, r := range steps[i].Detail() {
				if r < 0x20 || r == 0x7f || r == 0x9b || r == 0x202e {
					t.Fatalf("%q", steps[i].Detail())
				}
			}
		}
	})
}

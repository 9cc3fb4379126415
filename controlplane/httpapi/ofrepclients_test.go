package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// ofrepClients are programs below testdata that ask with OpenFeature's own providers for servers. The providers for Go and
// for pages have tests of their own. A client's own answers are its faults: what it answers instead of what it was told.
var ofrepClients = map[string]ofrepClient{
	"node": {
		folder: "ofrepweb", needs: "node_modules/@openfeature/ofrep-provider", install: "npm ci", command: []string{"node", "check_server.mjs"},
		own: map[question]told{
			{"killed_variant", "string"}: {Value: "mine", Reason: "ERROR", ErrorCode: "GENERAL"}, // an answer without a value
			{"whole", "integer"}:         {Value: 1.0, Reason: "SPLIT", Variant: "one"},          // JavaScript has no integers
			{"new_ui?", "boolean"}:       notFound,
			{"a%41", "boolean"}:          notFound,
		},
	},
	"python": {
		folder: "ofreppython", needs: ".venv/.installed-from", install: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
		command: []string{".venv/bin/python", "check.py"},
		own: map[question]told{
			{"number", "float"}:    {Value: 0.0, Reason: "ERROR", ErrorCode: "TYPE_MISMATCH"},
			{"new_ui?", "boolean"}: notFound,
			{"a%41", "boolean"}:    notFound,
		},
	},
	"java": {
		folder: "ofrepjava", needs: "lib/.installed-from", install: "sh install.sh", command: []string{"java", "-cp", "lib/*", "Check.java"},
		own: map[question]told{
			{"killed_variant", "string"}: {Value: "mine", Reason: "ERROR", ErrorCode: "FLAG_NOT_FOUND"}, // an answer without a value
			{"number", "float"}:          {Value: 0.0, Reason: "ERROR", ErrorCode: "TYPE_MISMATCH"},
			{"new_ui?", "boolean"}:       notFound,
			{"a%41", "boolean"}:          notFound,
			{"my flag", "boolean"}:       {Value: false, Reason: "ERROR", ErrorCode: "GENERAL"}, // a space in an address
		},
	},
	"rust": {
		folder: "ofreprust", needs: "target/debug/ofreprust", install: "cargo build --locked", command: []string{"target/debug/ofreprust"},
		alwaysStatic: true,
		own: map[question]told{
			{"killed_variant", "string"}: {Value: "mine", Reason: "ERROR", ErrorCode: "PARSE_ERROR"}, // an answer without a value
			{"names", "boolean"}:         {Value: false, Reason: "ERROR", ErrorCode: "PARSE_ERROR"},  // another type
			{"whole", "integer"}:         {Value: 0.0, Reason: "ERROR", ErrorCode: "PARSE_ERROR"},
			{"new_ui?", "boolean"}:       notFound,
			{"a%41", "boolean"}:          notFound,
		},
	},
}

type ofrepClient struct {
	folder       string
	needs        string // a file that is there once the program can run
	install      string
	command      []string
	own          map[question]told
	alwaysStatic bool // every reason but ERROR is STATIC
}

// question is a flag of flagsOfEveryKind or oddKeys, and the type that it is asked as.
type question struct{ Key, Type string }

// told is what a client answered.
type told struct {
	Reason, Variant, ErrorCode string
	Value                      any
}

var notFound = told{Value: false, Reason: "ERROR", ErrorCode: "FLAG_NOT_FOUND"}

// oddKeys are keys that an address can't have as they are. Each flag is on.
var oddKeys = []string{"new_ui?", "a%41", "my flag", "größe"}

// defaults are what is asked with. A flag that is off or killed is asked with true, and so its own value is seen.
func (q question) defaults() any {
	switch q.Type {
	case "boolean":
		return q.Key == "off" || q.Key == "killed"
	case "string":
		return "mine"
	case "object":
		return map[string]any{}
	default:
		return 0
	}
}

// toldByAll is what every client has to answer about the actor user:3 of plan pro in the group staff.
var toldByAll = []struct {
	question
	told
}{
	{question{"on", "boolean"}, told{Value: true, Reason: "STATIC", Variant: "on"}},
	{question{"off", "boolean"}, told{Value: false, Reason: "DEFAULT", Variant: "off"}},
	{question{"staff", "boolean"}, told{Value: true, Reason: "TARGETING_MATCH", Variant: "on"}},
	{question{"plan", "boolean"}, told{Value: true, Reason: "TARGETING_MATCH", Variant: "on"}},
	{question{"child", "boolean"}, told{Value: false, Reason: "DEFAULT", Variant: "off"}},
	{question{"killed", "boolean"}, told{Value: false, Reason: "STATIC", Variant: "off"}}, // a kill is stronger than the caller's default
	{question{"missing", "boolean"}, notFound},
	{question{"names", "string"}, told{Value: "blue", Reason: "SPLIT", Variant: "blue"}},
	{question{"names", "boolean"}, told{Value: false, Reason: "ERROR", ErrorCode: "TYPE_MISMATCH"}},
	{question{"killed_variant", "string"}, told{Value: "mine", Reason: "DISABLED"}},
	{question{"killed_off_variant", "string"}, told{Value: "n", Reason: "STATIC", Variant: "none"}},
	{question{"number", "integer"}, told{Value: 10.0, Reason: "SPLIT", Variant: "ten"}},
	{question{"number", "float"}, told{Value: 10.0, Reason: "SPLIT", Variant: "ten"}},
	{question{"whole", "integer"}, told{Value: 0.0, Reason: "ERROR", ErrorCode: "TYPE_MISMATCH"}},
	{question{"whole", "float"}, told{Value: 1.0, Reason: "SPLIT", Variant: "one"}},
	{question{"object", "object"}, told{Value: map[string]any{"hex": "#00f", "n": 5.0}, Reason: "SPLIT", Variant: "blue"}},
	{question{"new_ui?", "boolean"}, told{Value: true, Reason: "STATIC", Variant: "on"}},
	{question{"a%41", "boolean"}, told{Value: true, Reason: "STATIC", Variant: "on"}},
	{question{"my flag", "boolean"}, told{Value: true, Reason: "STATIC", Variant: "on"}},
	{question{"größe", "boolean"}, told{Value: true, Reason: "STATIC", Variant: "on"}},
}

// TestOFREPClients asks every client the same questions, then once more than the token's rate allows, and then with a token
// that doesn't exist.
func TestOFREPClients(t *testing.T) {
	for name, c := range ofrepClients {
		t.Run(name, func(t *testing.T) {
			c.installed(t)
			f := open(t, httpapi.Config{Settings: httpapi.Settings{RateLimit: 0.001, RateBurst: len(toldByAll)}})
			f.importFlagsForClients()
			var questions []question
			for _, want := range toldByAll {
				questions = append(questions, want.question)
			}
			on := question{"on", "boolean"}
			for range len(c.own) + 1 { // a client may fail without asking
				questions = append(questions, on)
			}
			got := c.ask(t, f.server.URL, f.token(api.RoleClient, "default"), questions)
			c.compare(t, got)
			refused := told{Value: false, Reason: "ERROR", ErrorCode: "GENERAL"}
			if limited := got[len(got)-1]; !reflect.DeepEqual(limited, refused) {
				t.Errorf("beyond the rate: %+v", limited)
			}
			if got := c.ask(t, f.server.URL, "not-a-token-of-ours", []question{on}); !reflect.DeepEqual(got[0], refused) {
				t.Errorf("wrong token: %+v", got[0])
			}
		})
	}
}

// importFlagsForClients writes what toldByAll is about.
func (f *fixture) importFlagsForClients() {
	f.t.Helper()
	f.importYAML(flagsOfEveryKind)
	for _, key := range oddKeys {
		f.enable(key, flagset.Scope{})
	}
}

// compare compares the answers with toldByAll and what this client says instead.
func (c ofrepClient) compare(t *testing.T, got []told) {
	t.Helper()
	for i, row := range toldByAll {
		want := row.told
		if c.alwaysStatic && want.Reason != "ERROR" {
			want.Reason = "STATIC"
		}
		if own, ok := c.own[row.question]; ok {
			if reflect.DeepEqual(own, want) {
				t.Errorf("%v: what the client says instead is the same", row.question)
			}
			want = own
		}
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("%v: %+v\nwant %+v", row.question, got[i], want)
		}
	}
}

// installed skips the test if the program can't run, or fails it if everything has to.
func (c ofrepClient) installed(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("testdata/" + c.folder + "/" + c.needs); err != nil {
		missing := t.Skip
		if os.Getenv("REQUIRE_ALL") == "1" {
			missing = t.Fatal
		}
		missing("the provider is not installed: (cd controlplane/httpapi/testdata/" + c.folder + " && " + c.install + ")")
	}
}

// ask runs the program, which is told the questions, and returns its answers.
func (c ofrepClient) ask(t *testing.T, url, token string, questions []question) []told {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience) // a virtual machine or an interpreter starts first
	defer cancel()
	program := exec.CommandContext(ctx, c.command[0], append(c.command[1:], url, token)...)
	var stdout, stderr bytes.Buffer
	program.Dir, program.Stdin, program.Stdout, program.Stderr = "testdata/"+c.folder, asked(questions), &stdout, &stderr
	if err := program.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	answers := make([]told, len(questions))
	for i, lines := 0, json.NewDecoder(&stdout); i < len(answers); i++ {
		if err := lines.Decode(&answers[i]); err != nil {
			t.Fatalf("%v: %v\n%s", questions[i], err, stderr.Bytes())
		}
	}
	return answers
}

// asked returns what a program reads: a question a line.
func asked(questions []question) io.Reader {
	var lines bytes.Buffer
	for _, q := range questions {
		line, _ := json.Marshal(map[string]any{"key": q.Key, "type": q.Type, "default": q.defaults()})
		lines.Write(append(line, '\n'))
	}
	return &lines
}

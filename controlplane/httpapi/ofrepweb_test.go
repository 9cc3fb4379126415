package httpapi_test

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// TestOFREPWebProvider evaluates with OpenFeature's own web provider in Node, which learns of a change through the
// event stream.
func TestOFREPWebProvider(t *testing.T) {
	web := ofrepClient{
		folder: "ofrepweb", needs: "node_modules/@openfeature/ofrep-web-provider", install: "npm ci",
		own: map[question]told{{"whole", "integer"}: {Value: 1.0, Reason: "SPLIT", Variant: "one"}}, // JavaScript has no integers
	}
	web.installed(t)
	f := open(t, httpapi.Config{})
	f.importFlagsForClients()
	f.enable("later", flagset.ForGroup("nobody"))
	var questions []question
	for _, want := range toldByAll {
		questions = append(questions, want.question)
	}
	script := exec.CommandContext(t.Context(), "node", "check.mjs", f.server.URL, f.token(api.RoleClient, "default"))
	var complaints strings.Builder
	script.Dir, script.Stdin, script.Stderr = "testdata/"+web.folder, asked(questions), &complaints
	output, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(patience, func() { _ = script.Process.Kill() })
	defer watch.Stop()
	var got []told
	more := map[string]told{}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var line struct {
			Name string
			told
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if line.Name == "" {
			got = append(got, line.told)
		}
		more[line.Name] = line.told
		if line.Name == "ready" {
			f.enable("later", flagset.Scope{})
		}
	}
	if err := script.Wait(); err != nil || len(got) != len(toldByAll) {
		t.Fatalf("%v after %v and %v\n%s", err, got, more, complaints.String())
	}
	web.compare(t, got)
	for name, want := range map[string]told{
		"plan again": {Value: false, Reason: "DEFAULT", Variant: "off"},
		"ready":      {Value: false, Reason: "DEFAULT", Variant: "off"},
		"changed":    {Value: true, Reason: "STATIC", Variant: "on"},
	} {
		if more[name] != want {
			t.Errorf("%s: %+v\nwant %+v", name, more[name], want)
		}
	}
}

package httpapi_test

import (
	"bufio"
	"encoding/json"
	"os"
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
	const folder = "testdata/ofrepweb"
	missing := t.Skip
	if os.Getenv("REQUIRE_ALL") == "1" {
		missing = t.Fatal
	}
	if _, err := os.Stat(folder + "/node_modules"); err != nil {
		missing("the web provider is not installed: (cd controlplane/httpapi/" + folder + " && npm ci)")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("there is no node")
	}
	f := open(t, httpapi.Config{})
	f.importYAML(flagsOfEveryKind)
	f.enable("later", flagset.ForGroup("nobody"))
	script := exec.CommandContext(t.Context(), node, "check.mjs", f.server.URL, f.token(api.RoleClient, "default"))
	script.Dir = folder
	var complaints strings.Builder
	script.Stderr = &complaints
	output, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(patience, func() { _ = script.Process.Kill() })
	defer watch.Stop()
	got := map[string]told{}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var line told
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got[line.Name] = line
		if line.Name == "ready" {
			f.enable("later", flagset.Scope{})
		}
	}
	if err := script.Wait(); err != nil {
		t.Fatalf("%v after %v\n%s", err, got, complaints.String())
	}
	for _, want := range append([]told{
		{Name: "killed_variant", Value: "mine", Reason: "DISABLED"},
		{Name: "plan again", Value: false, Reason: "DEFAULT", Variant: "off"},
		{Name: "ready", Value: false, Reason: "DEFAULT", Variant: "off"},
		{Name: "changed", Value: true, Reason: "STATIC", Variant: "on"},
	}, toldByAll...) {
		if got[want.Name] != want {
			t.Errorf("%+v\nwant %+v", got[want.Name], want)
		}
	}
	if object, ok := got["object"].Value.(map[string]any); !ok || object["hex"] != "#00f" {
		t.Errorf("%+v", got["object"])
	}
}

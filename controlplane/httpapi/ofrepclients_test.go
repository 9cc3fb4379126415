package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestOFREPClients evaluates with OpenFeature's own providers for servers. Each asks for the same flags, and must be told
// the same. The providers for Go and for pages have tests of their own.
func TestOFREPClients(t *testing.T) {
	for name, c := range map[string]struct {
		folder  string
		needs   string // a file that is there once the provider is installed
		command []string
		install string
	}{
		"node":   {"testdata/ofrepweb", "node_modules/@openfeature/ofrep-provider", []string{"node", "check_server.mjs"}, "npm ci"},
		"python": {"testdata/ofreppython", ".venv/.installed-from", []string{".venv/bin/python", "check.py"}, "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"},
		"java":   {"testdata/ofrepjava", "lib/.installed-from", []string{"java", "-cp", "lib/*", "Check.java"}, "sh install.sh"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(c.folder + "/" + c.needs); err != nil {
				missing := t.Skip
				if os.Getenv("REQUIRE_ALL") == "1" {
					missing = t.Fatal
				}
				missing("the provider is not installed: (cd controlplane/httpapi/" + c.folder + " && " + c.install + ")")
			}
			f := open(t, httpapi.Config{})
			f.importYAML(flagsOfEveryKind)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			script := exec.CommandContext(ctx, c.command[0], append(c.command[1:], f.server.URL, f.token(api.RoleClient, "default"))...)
			script.Dir = c.folder
			var complaints bytes.Buffer
			script.Stderr = &complaints
			output, err := script.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, output, complaints.Bytes())
			}
			got := map[string]told{}
			for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
				var line told
				if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
					t.Fatalf("%s: %v", lines.Text(), err)
				}
				got[line.Name] = line
			}
			for _, want := range append([]told{
				{Name: "whole", Value: 1.0, Reason: "SPLIT", Variant: "one"},
			}, toldByAll...) {
				if got[want.Name] != want {
					t.Errorf("%+v\nwant %+v", got[want.Name], want)
				}
			}
		})
	}
}

// told is a line of a client's program: what the client answered about one flag of flagsOfEveryKind.
type told struct {
	Name, Reason, Variant, ErrorCode string
	Value                            any
}

// toldByAll is what every client has to answer.
var toldByAll = []told{
	{Name: "on", Value: true, Reason: "STATIC", Variant: "on"},
	{Name: "off", Value: false, Reason: "DEFAULT", Variant: "off"},
	{Name: "staff", Value: true, Reason: "TARGETING_MATCH", Variant: "on"},
	{Name: "plan", Value: true, Reason: "TARGETING_MATCH", Variant: "on"},
	{Name: "child", Value: false, Reason: "DEFAULT", Variant: "off"},
	{Name: "killed", Value: false, Reason: "STATIC", Variant: "off"},
	{Name: "missing", Value: false, Reason: "ERROR", ErrorCode: "FLAG_NOT_FOUND"},
	{Name: "names", Value: "blue", Reason: "SPLIT", Variant: "blue"},
	{Name: "killed_off_variant", Value: "n", Reason: "STATIC", Variant: "none"},
	{Name: "number", Value: 10.0, Reason: "SPLIT", Variant: "ten"},
}

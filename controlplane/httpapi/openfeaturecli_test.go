package httpapi_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestOpenFeatureCLI pulls, pushes, compares and generates with OpenFeature's own command.
func TestOpenFeatureCLI(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it may have to be downloaded
	defer cancel()
	command := filepath.Join(t.TempDir(), "openfeature")
	build := exec.CommandContext(ctx, "go", "build", "-o", command, "github.com/open-feature/cli/cmd/openfeature")
	build.Dir = filepath.Join("testdata", "openfeaturecli")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	f := open(t, httpapi.Config{})
	f.importYAML(flagsOfEveryKind)
	dir := t.TempDir()
	token := f.token(api.RoleEditor, "default")
	run := func(ok bool, args ...string) string {
		t.Helper()
		c := exec.CommandContext(ctx, command, args...)
		c.Dir = dir
		said, err := c.CombinedOutput()
		if (err == nil) != ok {
			t.Fatalf("openfeature %s: %v\n%s", strings.Join(args, " "), err, said)
		}
		return string(said)
	}
	remote := []string{"--provider-url", f.server.URL, "--auth-token", token}
	pull := func(manifest string) {
		t.Helper()
		run(true, append([]string{"pull", "--no-prompt", "--manifest", manifest}, remote...)...)
	}
	write := func(manifest, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, manifest), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	contains := func(said, want string) {
		t.Helper()
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	pull("all.json")
	contains(run(true, append([]string{"push", "--manifest", "all.json"}, remote...)...), "already up to date")

	write("mine.json", `{"flags": {
		"pushed": {"flagType": "boolean", "defaultValue": false, "description": "a new one"},
		"limit": {"flagType": "integer", "defaultValue": 7, "description": ""},
		"ratio": {"flagType": "float", "defaultValue": 0.25, "description": ""},
		"theme": {"flagType": "object", "defaultValue": {"color": "red"}, "description": ""},
		"names": {"flagType": "string", "defaultValue": "green", "description": "they have names"}}}`)
	push := append([]string{"push", "--manifest", "mine.json"}, remote...)
	contains(run(true, append(push, "--dry-run")...), "Would push 5 flag(s)")
	f.want(404, f.do(adminToken, "GET", "/v1/envs/default/flags/pushed", nil))
	contains(run(true, push...), "Successfully pushed 5 flag(s)")
	contains(run(true, push...), "already up to date")
	flag, err := f.admin.Flag(ctx, "default", "names")
	if err != nil || flag.Description != "they have names" || len(flag.Gates) != 2 || string(flag.Gates[1].Variants[0].Payload) != `"green"` {
		t.Errorf("%+v %v", flag, err)
	}

	pull("again.json")
	said := run(true, "compare", "--manifest", "again.json", "--against", "all.json")
	for _, want := range []string{"pushed", "limit", "ratio", "theme", "names"} {
		contains(said, want)
	}
	run(true, "generate", "go", "--manifest", "again.json", "--output", dir, "--package-name", "flags")

	write("wrong.json", `{"flags": {"pushed": {"flagType": "string", "defaultValue": "x", "description": ""}}}`)
	contains(run(false, append([]string{"push", "--manifest", "wrong.json"}, remote...)...), "can't become string")
	contains(run(false, "push", "--manifest", "mine.json", "--provider-url", f.server.URL, "--auth-token", "gfn_wrong"), "the token is unknown")
}

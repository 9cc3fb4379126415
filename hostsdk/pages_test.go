package hostsdk_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

var (
	goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	// imports are the packages that a block may use.
	imports = map[string]string{
		"fmt":      "fmt",
		"os":       "os",
		"gonfalon": "github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon",
	}
)

// TestGoOnThePagesRuns compiles each block of Go on a page for users, and runs it against a control plane where the flag
// new_checkout is on.
func TestGoOnThePagesRuns(t *testing.T) {
	endpoint, token := plane(t)
	for _, page := range []string{"../README.md", "README.md", "go/README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			t.Run(fmt.Sprint(filepath.Clean(page), " ", i), func(t *testing.T) {
				code := strings.NewReplacer("http://127.0.0.1:8080", endpoint, "/var/lib/shop", filepath.ToSlash(t.TempDir())).Replace(block[1])
				file := filepath.Join(t.TempDir(), "main.go")
				if err := os.WriteFile(file, []byte(program(code)), 0o600); err != nil {
					t.Fatal(err)
				}
				command := exec.CommandContext(t.Context(), "go", "run", file)
				command.Env = append(os.Environ(), "GONFALON_TOKEN="+token)
				var problems bytes.Buffer
				command.Stderr = &problems
				out, err := command.Output()
				if err != nil || !strings.Contains(string(out), "the new checkout") {
					t.Errorf("it prints %q: %v\n%s", out, err, &problems)
				}
			})
		}
	}
}

// program is the program of a block, which may use ctx and return an error.
func program(block string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"context\"\n")
	for name, path := range imports {
		if strings.Contains(block, name+".") {
			fmt.Fprintf(&b, "\t%q\n", path)
		}
	}
	b.WriteString(")\n\nfunc main() {\n\tif err := run(context.Background()); err != nil {\n\t\tpanic(err)\n\t}\n}\n\n")
	fmt.Fprintf(&b, "func run(ctx context.Context) error {\n%s\treturn nil\n}\n", block)
	return b.String()
}

// plane starts a control plane whose flag new_checkout is on, and returns its address and a token of role sdk.
func plane(t *testing.T) (endpoint, token string) {
	t.Helper()
	ctx, quiet, by := t.Context(), slog.New(slog.DiscardHandler), controlplane.WriteOptions{By: "me"}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Close() })
	if _, err := service.Enable(ctx, "default", "new_checkout", flagset.Scope{}, by); err != nil {
		t.Fatal(err)
	}
	made, err := service.CreateToken(ctx, api.NewToken{Name: "shop", Role: api.RoleSDK, Envs: []string{"default"}}, by)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.New(service, httpapi.Config{Logger: quiet}))
	t.Cleanup(server.Close)
	return server.URL, made.Secret
}

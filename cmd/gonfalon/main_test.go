package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
)

// asCommand makes this test binary the command itself, so that tests can start and stop real processes of what they
// test.
const asCommand = "GONFALON_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	etcdtest.Member()
	if err := os.Setenv(bookVariable, filepath.Join(os.TempDir(), fmt.Sprintf("gonfalon-test-%d-has-no-servers", os.Getpid()))); err != nil {
		panic(err)
	}
	keyring.MockInit()
	if os.Getenv(asCommand) != "" {
		if err := os.Unsetenv(asCommand); err != nil {
			panic(err)
		}
		main()
	}
	elixirtest.Main(m)
}

// result is what a call of the command did.
type result struct {
	code        int
	out, errors string
}

// gonfalon runs the command in this process.
func gonfalon(t *testing.T, args ...string) result {
	t.Helper()
	return gonfalonWith(t, "", args...)
}

func gonfalonWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// must fails the test if the call failed.
func (r result) must(t *testing.T) string {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit status %d\n%s%s", r.code, r.out, r.errors)
	}
	return r.out
}

// has checks the exit status and that every part is in the output or in the errors.
func (r result) has(t *testing.T, code int, parts ...string) {
	t.Helper()
	var wrong []string
	if r.code != code {
		wrong = append(wrong, fmt.Sprintf("exit status %d, not %d", r.code, code))
	}
	for _, part := range parts {
		if !strings.Contains(r.out+r.errors, part) {
			wrong = append(wrong, fmt.Sprintf("%q is not there", part))
		}
	}
	if len(wrong) > 0 {
		t.Fatalf("%s\noutput: %s\nerrors: %s", strings.Join(wrong, "\n"), r.out, r.errors)
	}
}

// file writes a file of the test's own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHelp(t *testing.T) {
	gonfalon(t).has(t, 0, "compile", "eval", "conformance", "version", "completion")
	gonfalon(t, "eval", "--help").has(t, 0, "--snapshot")
	gonfalon(t, "flags").has(t, 0, "enable", "rollback")
	gonfalon(t, "--version").has(t, 0, version)
	gonfalon(t, "completion", "bash").has(t, 0, "gonfalon")
	gonfalon(t, "__complete", "fl").has(t, 0, "flags")
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"nonsense"}, `unknown command "nonsense"`},
		{[]string{"flags", "nonsense"}, `unknown command "nonsense"`},
		{[]string{"eval"}, "usage: gonfalon eval"},
		{[]string{"eval", "a", "b"}, "usage: gonfalon eval"},
		{[]string{"eval", "a"}, "--snapshot is missing"},
		{[]string{"eval", "a", "--unknown"}, "unknown flag: --unknown"},
		{[]string{"compile", "x.yaml"}, "-o is missing"},
		{[]string{"compile", "x.yaml", "-o", "x", "--lineage", "12"}, "32 hex digits"},
		{[]string{"compile", "x.yaml", "-o", "x", "--revision", "-1"}, "0 or more"},
		{[]string{"conformance", "--engine", "abacus"}, "abacus"},
		{[]string{"conformance", "--module", "x.wasm"}, "--engine wazero"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) { gonfalon(t, c.args...).has(t, 2, c.says) })
	}
}

func TestHelpKnowsVerbs(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"help flgs", `did you mean "flags"?`},
		{"help flags lst", `did you mean "list"?`},
		{"completion bsh", `did you mean "bash"?`},
	} {
		gonfalon(t, strings.Fields(c.args)...).has(t, 2, c.says)
	}
	gonfalon(t, "help", "flags", "list").has(t, 0, "gonfalon flags list [flags]")
	gonfalon(t, "completion", "bash").has(t, 0, "bash completion")
}

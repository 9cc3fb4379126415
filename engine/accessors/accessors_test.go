package accessors

import (
	"bytes"
	"flag"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

var update = flag.Bool("update", false, "write the files that the languages' programs are compiled with")

// generated is where the file of each language stands, and its package if that isn't the usual one.
var generated = map[string][2]string{
	"go":         {"testdata/golang/flags/flags.go", ""},
	"typescript": {"testdata/typescript/flags.mts", ""},
	"python":     {"testdata/python/flags.py", ""},
	"java":       {"testdata/java/FeatureFlags.java", ""},
	"elixir":     {"testdata/elixir/flags.ex", ""},
}

func fixture(t *testing.T) *flagset.Set {
	t.Helper()
	text, err := os.ReadFile("testdata/flags.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := flagset.ReadDocument(text)
	if err := flagset.Err(d.Problems); err != nil {
		t.Fatal(err)
	}
	return d.Set.Canonical()
}

// TestGenerated compares the files with those that the programs of testdata are compiled with.
func TestGenerated(t *testing.T) {
	for _, l := range Languages() {
		got, err := l.Write(fixture(t), generated[l.Name][1])
		if err != nil {
			t.Fatal(err)
		}
		path := generated[l.Name][0]
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or the file differs: make golden writes it", l.Name, err)
		}
	}
}

// TestGo compiles the file, and compares what a program gets by it.
func TestGo(t *testing.T) {
	code, err := golang.Write(fixture(t), "")
	if err != nil {
		t.Fatal(err)
	}
	if formatted, err := format.Source(code); err != nil || !bytes.Equal(formatted, code) {
		t.Errorf("the file isn't formatted: %v", err)
	}
	prints(t, ".", "go", "run", "./testdata/golang", snapshotFile(t))
	misspelt := filepath.Join(t.TempDir(), "main.go")
	program, err := os.ReadFile("testdata/golang/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(misspelt, bytes.Replace(program, []byte("flags.HeroX"), []byte("flags.HreoX"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("go", "vet", misspelt).CombinedOutput(); err == nil || !strings.Contains(string(said), "undefined: flags.Hreo") {
		t.Errorf("a misspelt flag compiles: %v %s", err, said)
	}
}

// TestNames gives flags names that stay theirs, whatever flags come and go.
func TestNames(t *testing.T) {
	names := func(keys ...string) (all []string) {
		set := new(flagset.Set)
		for _, key := range keys {
			set.Flags = append(set.Flags, flagset.Flag{Key: key})
		}
		for _, f := range Of(set.Sorted()) {
			all = append(all, f.Name.Camel())
		}
		return all
	}
	for key, want := range map[string]string{
		"new_checkout": "newCheckout", "NewCheckout": "newCheckout", "new-checkout.v2": "newCheckoutV2", "HTTPServer": "httpserver",
		"2fa": "flag2fa", "a/b c": "aBC", "é": "flagX4a99557e", "--": "flagXd8156bae",
	} {
		if got := names(key)[0]; got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	both := names("new-ui", "new_ui")
	if both[0] == both[1] || both[0] == "newUi" || both[1] == "newUi" {
		t.Errorf("%v", both)
	}
}

// TestPackages refuses what can't be the name of a package.
func TestPackages(t *testing.T) {
	for _, c := range []struct {
		l    *Language
		name string
	}{{golang, "Flags"}, {golang, "a; b"}, {java, "com.example"}, {java, "a b.C"}, {elixir, "flags"}, {elixir, "A\nend"}} {
		if _, err := c.l.Write(new(flagset.Set), c.name); err == nil {
			t.Errorf("%s takes the package %q", c.l.Name, c.name)
		}
	}
	for _, l := range Languages() {
		if _, err := l.Write(new(flagset.Set), ""); err != nil {
			t.Error(err)
		}
	}
}

// TestComment lets no text end a comment.
func TestComment(t *testing.T) {
	for in, want := range map[string]string{
		"a */ b":                 "a * / b",
		"a\nb\tc":                "a b c",
		`\u002a\u002f`:           "/u002a/u002f",
		"\u202eabc":              "abc",
		`say """ or #{x}`:        "say ''' or # {x}",
		"<script> @param":        "‹script› (at)param",
		strings.Repeat("x", 400): strings.Repeat("x", 300) + " …",
	} {
		if got := comment(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

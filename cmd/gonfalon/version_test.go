package main

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

var update = flag.Bool("update", false, "write what is made from the sources")

func TestVersion(t *testing.T) {
	var v versionInfo
	if err := json.Unmarshal([]byte(gonfalon(t, "version", "-o", "json").must(t)), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version != version || v.Module.SHA256 != wasm.SHA256() || v.Module.Bytes != len(wasm.Module()) {
		t.Errorf("%+v", v)
	}
	gonfalon(t, "version").has(t, 0, version, wasm.SHA256())
}

// copies are the places that repeat the version, each with what stands before it.
var copies = []struct{ file, before string }{
	{"README.md", `(?m)^Gonfalon `},
	{"controlplane/httpapi/openapi.yaml", `(?m)^  title: Gonfalon\n  version: `},
	{"deploy/helm/Chart.yaml", `(?m)^version: `},
	{"deploy/helm/Chart.yaml", `(?m)^appVersion: `},
	{"deploy/kubernetes/kustomization.yaml", `newTag: `},
	{"hostsdk/c/gonfalon.h", `#define GONFALON_VERSION "`},
	{"hostsdk/dotnet/Gonfalon.csproj", `<Version>`},
	{"hostsdk/dotnet/src/Client.cs", `Version = "`},
	{"hostsdk/elixir/mix.exs", `@version "`},
	{"hostsdk/java/README.md", `<artifactId>gonfalon</artifactId>\s*<version>`},
	{"hostsdk/java/junit/pom.xml", `<artifactId>gonfalon-parent</artifactId>\s*<version>`},
	{"hostsdk/java/openfeature/pom.xml", `<artifactId>gonfalon-parent</artifactId>\s*<version>`},
	{"hostsdk/java/pom.xml", `<artifactId>gonfalon-parent</artifactId>\s*<version>`},
	{"hostsdk/java/sdk/pom.xml", `<artifactId>gonfalon-parent</artifactId>\s*<version>`},
	{"hostsdk/java/sdk/src/main/java/io/github/gonfalonflags/Version.java", `VERSION = "`},
	{"hostsdk/js/src/version.ts", `version = '`},
	{"hostsdk/js/package.json", `(?m)^  "version": "`},
	{"hostsdk/js/package-lock.json", `"name": "@gonfalon/sdk",\n +"version": "`},
	{"hostsdk/php/composer.json", `"version": "`},
	{"hostsdk/php/src/Gonfalon.php", `VERSION = '`},
	{"hostsdk/python/src/gonfalon/version.py", `__version__ = "`},
	{"hostsdk/python/pyproject.toml", `(?m)^version = "`},
	{"hostsdk/ruby/lib/gonfalon/version.rb", `VERSION = "`},
	{"hostsdk/rust/Cargo.lock", `name = "gonfalon"\nversion = "`},
	{"hostsdk/rust/Cargo.toml", `(?m)^version = "`},
}

// The project has one version, whatever the language: the constant in version.go. With -update, the test writes the
// copies.
func TestOneVersion(t *testing.T) {
	const repair = "make golden"
	for _, c := range copies {
		path := "../../" + c.file
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		place := regexp.MustCompile(`(` + c.before + `)([0-9]+\.[0-9]+\.[0-9]+)`)
		found := place.FindAllSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("%s: no version was found", c.file)
		}
		for _, m := range found {
			if string(m[2]) != version && !*update {
				t.Errorf("%s says %s, version.go says %s; to repair: %s", c.file, m[2], version, repair)
			}
		}
		if *update {
			if err := os.WriteFile(path, place.ReplaceAll(text, []byte("${1}"+version)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	changes, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(version) + `\]`).Match(changes) {
		t.Errorf("CHANGELOG.md has no heading [%s]", version)
	}
}

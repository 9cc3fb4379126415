package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/wasm"
)

func TestVersion(t *testing.T) {
	var v versionInfo
	if err := json.Unmarshal([]byte(gonfalon(t, "version", "--json").must(t)), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version != version || v.Module.SHA256 != wasm.SHA256() || v.Module.Bytes != len(wasm.Module()) {
		t.Errorf("%+v", v)
	}
	gonfalon(t, "version").has(t, 0, version, wasm.SHA256())
}

// The project has one version, whatever the language.
func TestOneVersion(t *testing.T) {
	for file, line := range map[string]string{
		"../../hostsdk/js/package.json":       `"version": "` + version + `"`,
		"../../hostsdk/python/pyproject.toml": `version = "` + version + `"`,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), line) {
			t.Errorf("%s does not say %s", file, line)
		}
	}
}

package main

import (
	"encoding/json"
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

package hostsdk_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

const valuesFile = "testdata/values.json"

// values are testdata/values.json; testdata/README.md describes its members.
type values struct {
	About    string            `json:"about"`
	Flags    []json.RawMessage `json:"flags"`
	Snapshot []byte            `json:"snapshot"`
	Cases    []json.RawMessage `json:"cases"`
}

// TestValuesHaveTheirSnapshot compiles the flags of values.json, and compares the snapshot that stands there.
func TestValuesHaveTheirSnapshot(t *testing.T) {
	text, err := os.ReadFile(valuesFile)
	if err != nil {
		t.Fatal(err)
	}
	var v values
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	flags, err := json.Marshal(map[string]any{"flags": v.Flags})
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseSet(flags)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	compiled, problems := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 1}, set.Sorted(), snapshot.Tolerant)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(compiled, v.Snapshot) {
		return
	}
	if !*update {
		t.Fatalf("the snapshot in %s isn't what its flags compile to: make golden", valuesFile)
	}
	line := regexp.MustCompile(`(?m)^ "snapshot": ".*",$`)
	text = line.ReplaceAll(text, []byte(` "snapshot": "`+base64.StdEncoding.EncodeToString(compiled)+`",`))
	if err := os.WriteFile(valuesFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

package hostsdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/wasmengine"
)

// bounds are testdata/bounds.json; testdata/README.md describes its members.
type bounds struct {
	About    string      `json:"about"`
	Cases    []boundCase `json:"cases"`
	Requests []boundCase `json:"requests"`
	Keys     []struct {
		About     string `json:"about"`
		Count     int    `json:"count"`
		Decisions int    `json:"decisions"`
	} `json:"keys"`
}

type boundCase struct {
	valueCase
	More int `json:"more_attributes"`
}

// TestBounds runs the cases with each engine, as a client's own methods and as the provider of OpenFeature.
func TestBounds(t *testing.T) {
	text, err := os.ReadFile("testdata/bounds.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bounds
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	v, _ := readValues(t)
	module, err := wasmengine.New(t.Context(), wasmengine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { module.Close() })
	for engine, e := range map[string]gonfalon.Engine{"native": gonfalon.Native(), "module": module} {
		flags := client(t, gonfalon.Config{Engine: e, Bootstrap: v.Snapshot})
		cases := b.Cases
		if engine == "module" { // natively there is no request
			cases = append(cases, b.Requests...)
		}
		for _, c := range cases {
			for i := range c.More {
				c.Attributes[fmt.Sprint("more ", i)] = typed{"int": json.RawMessage(`"0"`)}
			}
			t.Run(engine+"/sdk/"+c.About, func(t *testing.T) { c.askClient(t, flags) })
			if c.More == 0 { // a provider's own attributes would be one more
				t.Run(engine+"/provider/"+c.About, func(t *testing.T) { c.askProvider(t, flags) })
			}
		}
		for _, c := range b.Keys {
			t.Run(engine+"/"+c.About, func(t *testing.T) {
				broken := flags.Stats().Broken
				found := flags.AppendAll(nil, slices.Repeat([]string{"who"}, c.Count))
				if len(found) != c.Decisions {
					t.Errorf("there are %d decisions, want %d", len(found), c.Decisions)
				}
				if counted := flags.Stats().Broken > broken; counted != (c.Decisions == 0) {
					t.Errorf("counted as broken: %t", counted)
				}
			})
		}
	}
}

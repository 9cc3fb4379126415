package httpapi_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// typed is a value of hostsdk/testdata/values.json. hostsdk/testdata/README.md describes its members.
type typed map[string]any

// json returns the value in JSON. Some can't be written there.
func (v typed) json() (text string, ok bool) {
	for kind, value := range v {
		switch kind {
		case "string", "bool":
			data, err := json.Marshal(value)
			return string(data), err == nil
		case "null":
			return "null", true
		case "surrogate":
			return `"\ud800"`, true
		case "int", "bigint", "float":
			return value.(string), json.Valid([]byte(value.(string)))
		case "list":
			var items []string
			for _, item := range value.([]any) {
				text, ok := typed(item.(map[string]any)).json()
				if !ok {
					return "", false
				}
				items = append(items, text)
			}
			return "[" + strings.Join(items, ",") + "]", true
		case "map":
			return membersOf(value.(map[string]any))
		}
	}
	return "", false
}

// membersOf returns an object of typed values.
func membersOf(values map[string]any) (text string, ok bool) {
	var members []string
	for name, value := range values {
		text, ok := typed(value.(map[string]any)).json()
		if !ok {
			return "", false
		}
		quoted, _ := json.Marshal(name)
		members = append(members, string(quoted)+":"+text)
	}
	return "{" + strings.Join(members, ",") + "}", true
}

// TestOFREPReadsValuesAsEveryHost runs the shared cases.
func TestOFREPReadsValuesAsEveryHost(t *testing.T) {
	text, err := os.ReadFile("../../hostsdk/testdata/values.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		Flags []json.RawMessage
		Cases []struct {
			About, Flag   string
			Hosts         []string
			Actor, Groups typed
			Attributes    map[string]any
			Roll, As      string
			Want          struct {
				Enabled     bool
				Gate, Error string
			}
		}
	}
	if err := json.Unmarshal(text, &shared); err != nil {
		t.Fatal(err)
	}
	f := open(t, httpapi.Config{})
	flags, err := json.Marshal(map[string]any{"flags": shared.Flags})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.Import(t.Context(), "default", flags, api.Import{Tolerant: true}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range shared.Cases {
		if c.Hosts != nil && !slices.Contains(c.Hosts, "ofrep") || c.Roll != "" || c.As != "" {
			continue
		}
		context := map[string]any{}
		for name, value := range c.Attributes {
			context[name] = value
		}
		if c.Actor != nil {
			context["targetingKey"] = map[string]any(c.Actor)
		}
		if c.Groups != nil {
			context["groups"] = map[string]any(c.Groups)
		}
		written, ok := membersOf(context)
		if !ok {
			continue
		}
		ran++
		got := f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/"+c.Flag, `{"context": `+written+`}`)
		var answer struct {
			ErrorCode string
			Value     any
			Metadata  struct {
				Enabled bool
				Gate    string
			}
		}
		got.into(t, &answer)
		if answer.ErrorCode != c.Want.Error || c.Want.Error == "" && (answer.Value != c.Want.Enabled || answer.Metadata.Enabled != c.Want.Enabled || answer.Metadata.Gate != c.Want.Gate) {
			t.Errorf("%s: %s, want %+v", c.About, got, c.Want)
		}
	}
	if ran < 40 {
		t.Errorf("only %d cases can be asked over OFREP", ran)
	}
}

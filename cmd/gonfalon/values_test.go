package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// sharedCase is a case of hostsdk/testdata/values.json. hostsdk/testdata/README.md describes its members.
type sharedCase struct {
	About, Flag   string
	Hosts         []string
	Actor, Groups map[string]any
	Attributes    map[string]any
	Roll          string
	Loaded        *bool
	Want          struct {
		Enabled      bool
		Reason, Gate string
	}
}

// forHost reports whether a host runs the case.
func (c *sharedCase) forHost(host string) bool {
	return c.Hosts == nil || slices.Contains(c.Hosts, host)
}

// options returns the case with an option for the actor and for each group, which are texts, or the shape that can't be written
// so. An option is to the command line what an argument is to an SDK.
func (c *sharedCase) options() (args []string, cant string) {
	switch {
	case c.Loaded != nil:
		return nil, "nothing loaded"
	case !c.forHost("sdk"):
		return nil, "a case of other hosts"
	case c.Attributes["targetingKey"] != nil:
		return nil, "targetingKey as an attribute alone"
	}
	for kind, value := range c.Actor {
		switch kind {
		case "string", "int", "bigint", "uuid":
			args = append(args, "--actor", value.(string))
		case "surrogate":
			args = append(args, "--actor", "\xff")
		default:
			return nil, "actor: " + kind
		}
	}
	for kind, value := range c.Groups {
		list, is := value.([]any)
		if kind == "string" {
			list, is = []any{c.Groups}, true
		}
		if !is || kind == "member" {
			return nil, "groups: " + kind
		}
		for _, item := range list {
			name, is := item.(map[string]any)["string"]
			if !is {
				return nil, "groups: a list of what isn't a string"
			}
			args = append(args, "--group", name.(string))
		}
	}
	if c.Attributes != nil {
		text, cant := written(map[string]any{"map": c.Attributes})
		if cant != "" {
			return nil, "attribute: " + cant
		}
		args = append(args, "--context", text)
	}
	return args, ""
}

// context returns the case as a context in JSON, as OFREP has it, or the shape that can't be written so.
func (c *sharedCase) context() (args []string, cant string) {
	switch {
	case c.Loaded != nil:
		return nil, "nothing loaded"
	case !c.forHost("ofrep"):
		return nil, "a case of other hosts"
	}
	all := map[string]any{}
	maps.Copy(all, c.Attributes)
	if c.Actor != nil {
		all["targetingKey"] = c.Actor
	}
	if c.Groups != nil {
		all["groups"] = c.Groups
	}
	text, cant := written(map[string]any{"map": all})
	return []string{"--context", text}, cant
}

// written returns a typed value in JSON, or what kind can't be written there.
func written(v map[string]any) (text, cant string) {
	for kind, value := range v {
		switch kind {
		case "null":
			return "null", ""
		case "surrogate":
			return `"\ud800"`, ""
		case "string", "bool":
			data, _ := json.Marshal(value)
			return string(data), ""
		case "int", "bigint", "float":
			if text := value.(string); json.Valid([]byte(text)) {
				return text, ""
			}
			return "", "NaN or an infinity"
		case "list":
			var items []string
			for _, item := range value.([]any) {
				text, cant := written(item.(map[string]any))
				if cant != "" {
					return "", cant
				}
				items = append(items, text)
			}
			return "[" + strings.Join(items, ",") + "]", ""
		case "map":
			var members []string
			for name, member := range value.(map[string]any) {
				text, cant := written(member.(map[string]any))
				if cant != "" {
					return "", cant
				}
				quoted, _ := json.Marshal(name)
				members = append(members, string(quoted)+":"+text)
			}
			return "{" + strings.Join(members, ",") + "}", ""
		default:
			return "", kind
		}
	}
	return "", "nothing"
}

// cannot is how many of the shared cases a command line can't have in a form, by shape.
var cannot = map[string]map[string]int{
	"options": {
		"a case of other hosts": 5, "nothing loaded": 2, "targetingKey as an attribute alone": 1,
		"actor: bool": 2, "actor: bytes": 1, "actor: decimal": 3, "actor: float": 8, "actor: id": 4, "actor: list": 1, "actor: map": 1, "actor: marshals": 2,
		"actor: nil_pointer": 4, "actor: null": 1, "actor: pointer": 2, "actor: prints": 1,
		"attribute: NaN or an infinity": 2, "attribute: bytes": 1, "attribute: decimal": 3, "attribute: marshals": 2, "attribute: nil_pointer": 2,
		"attribute: pointer": 1, "attribute: prints": 1, "attribute: time": 1, "attribute: uuid": 1,
		"groups: a list of what isn't a string": 4, "groups: int": 1, "groups: member": 5, "groups: null": 1,
	},
	"context": {
		"a case of other hosts": 28, "nothing loaded": 2, "NaN or an infinity": 4, "bytes": 2, "id": 4, "marshals": 4, "member": 5,
		"nil_pointer": 6, "pointer": 3, "prints": 2, "time": 1, "uuid": 2,
	},
}

// TestValuesMeanTheSame runs the shared cases in both forms, offline and against a server.
func TestValuesMeanTheSame(t *testing.T) {
	text, err := os.ReadFile("../../hostsdk/testdata/values.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		Flags    []json.RawMessage
		Snapshot []byte
		Cases    []sharedCase
	}
	if err := json.Unmarshal(text, &shared); err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(map[string]any{"flags": shared.Flags})
	if err != nil {
		t.Fatal(err)
	}
	flags, snapshot := file(t, "flags.json", string(set)), file(t, "s.snapshot", string(shared.Snapshot))
	s := serve(t, "--in-memory", "--seed=false")
	s.run("import", flags, "--tolerant").must(t)
	for name, form := range map[string]func(*sharedCase) ([]string, string){"options": (*sharedCase).options, "context": (*sharedCase).context} {
		missing := map[string]int{}
		for _, c := range shared.Cases {
			args, cant := form(&c)
			if cant != "" {
				missing[cant]++
				continue
			}
			if c.Roll != "" {
				args = append(args, "--roll", c.Roll)
			}
			args = append(args, c.Flag, "-o", "json")
			c.answered(t, name+", eval", gonfalon(t, append([]string{"eval", "--snapshot", snapshot}, args...)...))
			c.answered(t, name+", explain", s.run(append([]string{"explain"}, args...)...))
		}
		if !maps.Equal(missing, cannot[name]) {
			t.Errorf("%s: a command line can't have\n%s\nand cannot says\n%s", name, lines(missing), lines(cannot[name]))
		}
	}
	s.stop()
}

// answered compares what a verb printed with the answer that the case wants.
func (c *sharedCase) answered(t *testing.T, verb string, got result) {
	t.Helper()
	switch c.Want.Reason {
	case "UNKNOWN_FLAG", "NOT_READY": // an unknown flag, or a context that can't be read
		if got.code == exitDone || got.errors == "" {
			t.Errorf("%s: %s: it is no error: %s", c.About, verb, got.out)
		}
		return
	}
	var e api.Explanation
	if err := json.Unmarshal([]byte(got.out), &e); err != nil || got.code != exitDone {
		t.Errorf("%s: %s: %d %.300s", c.About, verb, got.code, got.errors)
		return
	}
	gate := e.Gate
	if e.Target != "" {
		gate += "/" + e.Target
	}
	reason := c.Want.Reason
	switch reason { // OpenFeature has no names for these
	case "KILLED":
		reason = "STATIC"
	case "PREREQUISITE":
		reason = "DEFAULT"
	}
	if e.Enabled != c.Want.Enabled || e.Reason != reason || gate != c.Want.Gate {
		t.Errorf("%s: %s: %t %s %q, want %+v", c.About, verb, e.Enabled, e.Reason, gate, c.Want)
	}
}

func lines(counts map[string]int) string {
	var b strings.Builder
	for _, shape := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "\t%q: %d,\n", shape, counts[shape])
	}
	return b.String()
}

package main

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// verb is what the manners ask of a verb, as CONTRIBUTING.md states them.
type verb struct {
	prints    bool // nouns: it has -o, and a command line in TestForms
	changes   bool // what the control plane has: it has --dry-run, --reason and --on-behalf-of, and a command line in TestDryRuns
	tries     bool // something else: it has --dry-run alone
	versioned bool // what it changes: it has --if-match
	asks      bool // a person: it has --yes
}

// verbs lists all of them. Enter a new verb here first.
var verbs = map[string]verb{
	"apply":               {prints: true, changes: true, versioned: true, asks: true},
	"audit":               {prints: true},
	"backup":              {},
	"check":               {prints: true},
	"compile":             {},
	"conformance":         {},
	"dashboard":           {},
	"diff":                {prints: true},
	"envs copy":           {prints: true, changes: true, versioned: true},
	"envs create":         {prints: true, changes: true},
	"envs delete":         {changes: true, versioned: true, asks: true},
	"envs list":           {prints: true},
	"envs rollback":       {prints: true, changes: true, versioned: true},
	"envs set":            {prints: true, changes: true, versioned: true},
	"eval":                {prints: true},
	"explain":             {prints: true},
	"export":              {},
	"flags clear":         {prints: true, changes: true, versioned: true, asks: true},
	"flags copy":          {prints: true, changes: true, asks: true},
	"flags create":        {prints: true, changes: true, asks: true},
	"flags edit":          {prints: true, changes: true, versioned: true, asks: true},
	"flags promote":       {prints: true, changes: true, versioned: true, asks: true},
	"flags set":           {prints: true, changes: true, versioned: true, asks: true},
	"flags delete":        {changes: true, versioned: true, asks: true},
	"flags disable":       {prints: true, changes: true, versioned: true, asks: true},
	"flags enable":        {prints: true, changes: true, versioned: true, asks: true},
	"flags get":           {prints: true},
	"flags history":       {prints: true},
	"flags kill":          {prints: true, changes: true, versioned: true, asks: true},
	"flags list":          {prints: true},
	"flags put":           {prints: true, changes: true, versioned: true, asks: true},
	"flags revive":        {prints: true, changes: true, versioned: true, asks: true},
	"flags rollback":      {prints: true, changes: true, versioned: true},
	"flags variants":      {prints: true, changes: true, versioned: true, asks: true},
	"generate elixir":     {}, // its -o names a file
	"generate go":         {}, // its -o names a file
	"generate java":       {}, // its -o names a file
	"generate python":     {}, // its -o names a file
	"generate typescript": {}, // its -o names a file
	"hosts":               {prints: true},
	"import":              {prints: true, changes: true, versioned: true},
	"login":               {},
	"logout":              {},
	"lint":                {}, // its -o has forms of its own
	"module":              {},
	"reload":              {prints: true, tries: true},
	"restore":             {changes: true},
	"segments delete":     {changes: true, versioned: true, asks: true},
	"segments get":        {prints: true},
	"segments list":       {prints: true},
	"segments put":        {prints: true, changes: true, versioned: true},
	"serve":               {},
	"servers add":         {},
	"servers list":        {prints: true},
	"servers remove":      {},
	"servers use":         {},
	"stale":               {prints: true},
	"status":              {prints: true},
	"tokens create":       {prints: true, changes: true},
	"tokens list":         {prints: true},
	"tokens revoke":       {changes: true, asks: true},
	"version":             {prints: true},
	"watch":               {}, // its -o has the forms that a list without an end can have
	"webhooks create":     {prints: true, changes: true},
	"webhooks delete":     {changes: true, asks: true},
	"webhooks list":       {prints: true},
	"webhooks test":       {},

	"follow bandera":        {changes: true},
	"follow fun_with_flags": {changes: true},
	"import bandera":        {prints: true, changes: true, versioned: true, asks: true},
	"import fun_with_flags": {prints: true, changes: true, versioned: true, asks: true},
}

// walk visits every command below one, named as it is typed.
func walk(c *cobra.Command, visit func(name string, c *cobra.Command)) {
	for _, sub := range c.Commands() {
		visit(strings.TrimPrefix(sub.CommandPath(), "gonfalon "), sub)
		walk(sub, visit)
	}
}

func TestVerbsHaveManners(t *testing.T) {
	found := map[string]bool{}
	walk(newRoot(), func(name string, c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Example == "" {
			t.Errorf("%s: it has no help, one that ends in a point, or no example", name)
		}
		for line := range strings.Lines(c.Example) {
			if err := parses(strings.TrimSpace(line)); err != nil {
				t.Errorf("%s: the example %q: %v", name, strings.TrimSpace(line), err)
			}
		}
		if onlyGroups(c) {
			return
		}
		found[name] = true
		v, known := verbs[name]
		if !known {
			t.Errorf("%s is a command, but has no row in verbs: add one", name)
			return
		}
		has := func(flag string) bool { return c.Flags().Lookup(flag) != nil || c.InheritedFlags().Lookup(flag) != nil }
		form := has("output") && c.Flags().Lookup("output").Value.Type() == new(output).Type()
		for _, is := range []struct {
			what       string
			has, ought bool
		}{
			{"-o", form, v.prints}, {"--dry-run", has("dry-run"), v.changes || v.tries}, {"--reason", has("reason"), v.changes},
			{"--on-behalf-of", has("on-behalf-of") && !strings.HasSuffix(name, "audit") && !strings.HasSuffix(name, "history"), v.changes},
			{"--if-match", has("if-match"), v.versioned}, {"--yes", has("yes"), v.asks},
			{"--json", has("json") && name != "conformance", false},
		} {
			if is.has != is.ought {
				t.Errorf("%s: it has %s: %t; its row in verbs says %t", name, is.what, is.has, is.ought)
			}
		}
	})
	for name := range verbs {
		if !found[name] {
			t.Errorf("%s has a row in verbs, but is no command: add newX() where its siblings are added", name)
		}
	}
}

// onlyGroups reports whether a command only has others: import has some, and takes a file itself.
func onlyGroups(c *cobra.Command) bool { return c.HasSubCommands() && c.Use == c.Name() }

// parses checks that a command line names a verb, and only options and so many arguments as it takes.
func parses(line string) error {
	line, _, _ = strings.Cut(line, " > ")
	var words []string
	for i, part := range strings.Split(line, `'`) {
		if i%2 == 1 {
			words[len(words)-1] += part
			continue
		}
		for j, inner := range strings.Split(part, `"`) {
			if j%2 == 1 {
				words[len(words)-1] += inner
				continue
			}
			words = append(words, strings.Split(inner, " ")...)
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	c, args, err := newRoot().Find(words[1:])
	if err != nil || words[0] != "gonfalon" || onlyGroups(c) {
		return errors.Join(err, errors.New("it is not a verb of gonfalon"))
	}
	if err := c.ParseFlags(args); err != nil {
		return err
	}
	if c.Args == nil {
		return nil
	}
	return c.Args(c, c.Flags().Args())
}

// Every verb that prints nouns prints them in each form, of which yaml says the same as json.
func TestForms(t *testing.T) {
	s := serve(t, "--in-memory")
	flags := file(t, "flags.yaml", checkout)
	s.run("import", flags).must(t)
	s.run("webhooks", "create", "chat", "https://chat.example/hook").must(t)
	s.run("envs", "create", "empty").must(t)
	s.run("envs", "create", "full").must(t)
	s.run("flags", "create", "promoted", "--env", "full").must(t)
	s.run("flags", "promote", "promoted", "--env", "full", "--to", "default", "--dry-run").has(t, 0, "create flag promoted")
	reportHost(t, s, api.HostReport{ID: "h1", SDK: "go", Revision: 1})
	t.Setenv("VISUAL", editor(t, "sed -i 's/key: new_checkout/key: new_checkout\\n    owner: edited/'"))
	snapshot := compileFile(t, checkout)
	saved, data := t.TempDir()+"/saved", t.TempDir()+"/data"
	s.run("backup", "-o", saved).must(t)
	gonfalon(t, "restore", saved, "--data-dir", data).must(t)
	tried := map[string]bool{}
	for _, c := range []struct {
		args   []string
		name   string // one of those printed
		file   bool   // yaml is the form that files have
		varies bool   // another call answers something else, such as a new id
		empty  bool   // there is nothing to print
		no     bool   // its exit status is 1
	}{
		{args: []string{"flags", "list"}, name: "new_checkout", file: true},
		{args: []string{"flags", "get", "new_checkout"}, name: "new_checkout", file: true},
		{args: []string{"flags", "enable", "new_checkout", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "disable", "new_checkout", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "clear", "new_checkout", "--all", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "kill", "new_checkout", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "revive", "new_checkout", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "variants", "new_checkout", "a=1", "b=1", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "put", file(t, "f.yaml", "flags: [{key: new}]"), "--dry-run"}, name: "new", file: true},
		{args: []string{"flags", "rollback", "new_checkout", "3", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "copy", "new_checkout", "copied", "--dry-run"}, name: "copied", file: true},
		{args: []string{"flags", "create", "made", "--dry-run"}, name: "made", file: true},
		{args: []string{"flags", "edit", "new_checkout", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "promote", "promoted", "--env", "full", "--to", "default", "--dry-run"}, name: "flag/promoted"},
		{args: []string{"flags", "set", "new_checkout", "--owner", "web", "--dry-run"}, name: "new_checkout", file: true},
		{args: []string{"flags", "history", "new_checkout"}, name: "default/3"},
		{args: []string{"stale", "--for", "0d"}, name: "sale", file: true},
		{args: []string{"segments", "list"}, name: "premium", file: true},
		{args: []string{"segments", "get", "premium"}, name: "premium", file: true},
		{args: []string{"segments", "put", file(t, "s.yaml", "segments: [{key: new, constraints: [{attribute: plan, operator: in, values: [pro]}]}]"), "--dry-run"}, name: "new", file: true},
		{args: []string{"envs", "copy", "default", "empty", "--dry-run"}, name: "segment/premium"},
		{args: []string{"envs", "list"}, name: "default"},
		{args: []string{"envs", "set", "default", "--description", "x", "--dry-run"}, name: "default", varies: true},
		{args: []string{"envs", "create", "staging", "--dry-run"}, name: "staging", varies: true},
		{args: []string{"envs", "rollback", "default", "2", "--dry-run"}, name: "segment/premium"},
		{args: []string{"import", flags, "--dry-run"}},
		{args: []string{"apply", "-f", flags, "--dry-run"}},
		{args: []string{"import", "bandera", "--from", toggles(t, "toggle"), "--table", "toggles", "--dry-run"}, name: "flag/toggle"},
		{args: []string{"import", "fun_with_flags", "--from", toggles(t, "toggle"), "--table", "toggles", "--dry-run"}, name: "flag/toggle"},
		{args: []string{"diff", flags}},
		{args: []string{"explain", "sale", "--now", "2026-11-27T00:00:00Z"}, name: "sale"},
		{args: []string{"eval", "--snapshot", snapshot, "new_checkout", "--explain"}, name: "new_checkout"},
		{args: []string{"audit"}, name: "default/3"},
		{args: []string{"audit", "--failures"}, empty: true},
		{args: []string{"hosts"}, name: "h1"},
		{args: []string{"status"}, name: "host default/h1", varies: true, no: true},
		{args: []string{"tokens", "list"}, varies: true},
		{args: []string{"tokens", "create", "--role", "viewer", "--dry-run"}, varies: true},
		{args: []string{"webhooks", "list"}},
		{args: []string{"webhooks", "create", "new", "https://new.example", "--dry-run"}, varies: true},
		{args: []string{"check", "--data-dir", data}},
		{args: []string{"reload", "--dry-run"}},
		{args: []string{"version"}, name: version},
		{args: []string{"servers", "list"}, varies: true},
	} {
		tried[c.args[0]], tried[strings.Join(c.args[:min(2, len(c.args))], " ")] = true, true
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			s.t = t
			ask := s.run
			if slices.Contains([]string{"eval", "check", "version", "servers"}, c.args[0]) {
				ask = func(args ...string) result { return gonfalon(t, args...) }
			}
			in := func(form string) string {
				r := ask(append(c.args, "-o", form)...)
				if c.no && r.code == exitNo {
					r.code = 0
				}
				return r.must(t)
			}
			var asJSON, asYAML map[string]any
			if err := json.Unmarshal([]byte(in("json")), &asJSON); err != nil {
				t.Errorf("json: %v", err)
			}
			if err := yaml.Unmarshal([]byte(in("yaml")), &asYAML); err != nil {
				t.Errorf("yaml: %v", err)
			}
			if got := normal(t, asYAML); !c.file && !c.varies && !reflect.DeepEqual(got, asJSON) {
				t.Errorf("json says %v\nyaml says %v", asJSON, got)
			}
			if _, flags := asYAML["flags"]; c.file && !flags && asYAML["segments"] == nil {
				t.Errorf("yaml has neither flags nor segments: %v", asYAML)
			}
			if global := []string{"tokens", "webhooks", "version", "envs", "check", "reload", "servers", "status"}; !slices.Contains(global, c.args[0]) && !c.empty {
				if !strings.Contains(in("text"), "default") || !strings.Contains(in("json"), `"environment":"default"`) {
					t.Errorf("the environment isn't named in %s%s", in("text"), in("json"))
				}
			}
			if names := strings.Split(in("name"), "\n"); c.name != "" && !slices.Contains(names, c.name) {
				t.Errorf("names are %q", names)
			}
			if wide := in("wide"); strings.ToUpper(strings.SplitN(wide, "\n", 2)[0]) != strings.SplitN(wide, "\n", 2)[0] {
				t.Errorf("the table has no header: %s", wide)
			}
		})
	}
	for name, v := range verbs {
		if v.prints && !tried[name] {
			t.Errorf("TestForms has no command line of %s: add one to its list", name)
		}
	}
	s.t = t
	s.stop()
}

// normal is a value as JSON has it.
func normal(t *testing.T, v any) (same any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &same); err != nil {
		t.Fatal(err)
	}
	return same
}

// A dry run of any change changes nothing, and each says so where a person reads it.
func TestDryRuns(t *testing.T) {
	t.Setenv("VISUAL", editor(t, "sed -i 's/key: sale/key: sale\\n    owner: edited/'"))
	s := serve(t, "--in-memory")
	flags := file(t, "flags.yaml", checkout)
	s.run("import", flags).must(t)
	s.run("envs", "create", "staging").must(t)
	hook, _, _ := strings.Cut(s.run("webhooks", "create", "chat", "https://chat.example/hook").must(t), "\n")
	token := strings.Fields(s.run("tokens", "list", "-o", "name").must(t))[1]
	saved := t.TempDir() + "/saved"
	s.run("backup", "-o", saved).must(t)
	state := func() string {
		return s.run("export").must(t) + s.run("audit", "--limit", "1000", "-o", "json").must(t) + s.run("envs", "list", "-o", "json").must(t) +
			s.run("tokens", "list", "-o", "name").must(t) + s.run("webhooks", "list", "-o", "name").must(t)
	}
	theirs := toggles(t, "theirs")
	s.run("import", "bandera", "--from", theirs, "--table", "toggles", "--yes").must(t)
	others := toggles(t, "others")
	s.run("import", "fun_with_flags", "--from", others, "--table", "toggles", "--yes").must(t)
	before := state()
	left := maps.Clone(verbs)
	for _, args := range [][]string{
		{"envs", "copy", "default", "staging"}, {"envs", "create", "new"}, {"envs", "delete", "staging"}, {"envs", "rollback", "default", "1"},
		{"envs", "set", "staging", "--description", "new"}, {"flags", "clear", "sale", "--all"}, {"flags", "delete", "sale"},
		{"flags", "disable", "sale"}, {"flags", "enable", "sale"}, {"flags", "copy", "sale", "sale_2"}, {"flags", "create", "made"},
		{"flags", "edit", "sale"}, {"flags", "promote", "sale", "--to", "staging"}, {"flags", "set", "sale", "--owner", "web"}, {"flags", "kill", "sale"},
		{"flags", "put", file(t, "f.yaml", "flags: [{key: new}]")}, {"flags", "revive", "sale"}, {"flags", "rollback", "new_checkout", "2"},
		{"flags", "variants", "sale", "a=1", "b=1"}, {"import", file(t, "none.yaml", "flags: []"), "--prune"}, {"import", flags}, {"apply", "-f", flags, "--prune"}, {"restore", saved},
		{"import", "bandera", "--from", toggles(t, "new"), "--table", "toggles"}, {"import", "fun_with_flags", "--from", toggles(t, "new"), "--table", "toggles"},
		{"follow", "bandera", "--from", theirs, "--table", "toggles"}, {"follow", "fun_with_flags", "--from", others, "--table", "toggles"},
		{"segments", "delete", "premium"}, {"segments", "put", file(t, "s.yaml", "segments: [{key: new, constraints: [{attribute: plan, operator: in, values: [pro]}]}]")},
		{"tokens", "create", "--role", "viewer"}, {"tokens", "revoke", token}, {"webhooks", "create", "new", "https://new.example"}, {"webhooks", "delete", hook},
	} {
		delete(left, strings.Join(args[:1], " "))
		delete(left, strings.Join(args[:min(2, len(args))], " "))
		ask := s.run
		if args[0] == "restore" {
			ask = func(args ...string) result { return gonfalon(t, args...) }
		} else if args[0] != "follow" { // which finds nothing to change, and asks for nothing
			ask(append(args, "--dry-run", "--on-behalf-of", "bob")...).has(t, 1, `may not act for "bob"`)
		}
		got := ask(append(args, "--dry-run", "--reason", "to see")...)
		if used := args[0] == "segments" && args[1] == "delete"; used { // as flags use it
			got.has(t, 1, "premium")
			continue
		}
		got.has(t, 0)
		if !strings.Contains(got.out, "nothing was written") && !strings.Contains(got.out, "like that already") {
			t.Errorf("%v: it doesn't say that it is a dry run: %s", args, got.out)
		}
	}
	for name, v := range left {
		if v.changes {
			t.Errorf("TestDryRuns has no command line of %s: add one to its list", name)
		}
	}
	if after := state(); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	s.stop()
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// editor is a program that edits the file that it is given by a command, and doesn't ask a person.
func editor(t *testing.T, command string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+command+" \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsEdit(t *testing.T) {
	s := serve(t, "--in-memory")
	edit := func(command string, args ...string) result {
		t.Setenv("VISUAL", editor(t, command))
		return s.run(append([]string{"flags", "edit", "new_checkout"}, args...)...)
	}
	edit("true").has(t, 0, "nothing was changed")
	edit("sed -i 's/0.25/0.5/'", "--reason", "wider").has(t, 0, "new_checkout is partial", "50\u202f% of actors")
	s.run("audit", "--limit", "1").has(t, 0, "wider")

	// What can't be stored isn't lost.
	bad := edit("sed -i 's/0.5/5.5/'")
	bad.has(t, 1, "5.5 is not between 0 and 1", "what you wrote is in ")
	kept, err := os.ReadFile(regexp.MustCompile(`what you wrote is in (\S+)`).FindStringSubmatch(bad.errors)[1])
	if err != nil || !strings.Contains(string(kept), "ratio: 5.5") {
		t.Errorf("%s %v", kept, err)
	}
	edit("sed -i 's/key: new_checkout/key: other/'").has(t, 1, "the key can't be changed", "gonfalon flags copy")
	edit("truncate -s 0").has(t, 1, "0 flags")
	edit("echo oops: >>").has(t, 1, "oops")
	if r := edit("false"); r.code != 2 || !strings.Contains(r.errors, "the editor") || strings.Contains(r.errors, "what you wrote") {
		t.Errorf("%d %s", r.code, r.errors)
	}

	// Somebody else was faster.
	edit(`GONFALON_TOKEN=x; sed -i 's/0.5/0.75/'`, "--if-match", "0-1").has(t, 1, "changed in the meantime", "what you wrote is in ")
	s.stop()
}

func TestFlagsSetCopyAndPromote(t *testing.T) {
	s := serve(t, "--in-memory")
	s.run("flags", "create", "a", "--owner", "web", "--description", "the checkout").has(t, 0, "created: a is off")
	s.run("flags", "create", "a").has(t, 1, `there is a flag "a" in default already`)
	s.run("flags", "set", "a", "--tag", "x,y", "--permanent").has(t, 0, "a is off at revision")
	s.run("flags", "get", "a").has(t, 0, "owner: web", "description: the checkout", `tags: [x, "y"]`, "permanent: true")
	s.run("flags", "set", "a", "--tag", "", "--permanent=false", "--owner", "shop").must(t)
	if text := s.run("flags", "get", "a").must(t); strings.Contains(text, "tags") || strings.Contains(text, "permanent") || !strings.Contains(text, "owner: shop") {
		t.Error(text)
	}
	s.run("flags", "set", "a").has(t, 2, "nothing to set")
	s.run("flags", "set", "b", "--owner", "x").has(t, 1, "b")

	s.run("segments", "put", file(t, "s.json", `{"key": "adults", "constraints": [{"attribute": "age", "operator": "gte", "values": [18]}]}`)).must(t)
	s.run("flags", "enable", "a", "--segment", "adults").must(t)
	s.run("flags", "copy", "a", "b").has(t, 0, "created: b is partial")
	s.run("flags", "copy", "a", "b").has(t, 1, `there is a flag "b" in default already`)
	s.run("envs", "create", "staging").must(t)
	s.run("flags", "promote", "a", "b", "--to", "staging", "--dry-run").has(t, 0, "create flag a", "create flag b", "create segment adults", "nothing was written")
	s.run("flags", "promote", "a", "b", "--to", "staging").has(t, 0, "3 changes, revision")
	s.run("flags", "get", "a", "--env", "staging").has(t, 0, "segment")
	s.run("flags", "promote", "a").has(t, 2, "--to is missing")

	s.run("flags", "get", "a", "--revision", "4").has(t, 0, "tags", "# default as it was")
	s.run("flags", "get", "a", "--revision", "0").has(t, 2, "revisions begin with 1")
	s.run("flags", "get", "b", "--revision", "3").has(t, 1, `there is no flag "b" in default then`)
	s.stop()
}

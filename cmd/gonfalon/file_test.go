package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestProblemsAreLocated finds the file's name, the line and the command line's words in what the control plane says of a file.
func TestProblemsAreLocated(t *testing.T) {
	s := serve(t, "--in-memory")
	flag := file(t, "f.yaml", "flags:\n  - key: y\n    gates:\n      - {type: actor, target: a, enabled: true}\n      - {type: segment, target: nope, enabled: true}\n")
	s.run("flags", "put", flag).has(t, 1, flag+`: line 5: /gates/1/target: there is no segment "nope" (write that first, or give --allow-missing)`)
	object := file(t, "f.json", "{\"key\": \"y\",\n \"gates\": [\n {\"type\": \"segment\", \"target\": \"nope\", \"enabled\": true}]}")
	s.run("flags", "put", object).has(t, 1, object+`: line 3: /gates/0/target: there is no segment "nope"`)
	s.run("flags", "enable", "y", "--segment", "nope").has(t, 1, `there is no segment "nope" (write that first, or give --allow-missing)`)
	s.run("import", flag).has(t, 1, flag+`: line 5: flag y /gates/1/target: there is no segment "nope" (write that first)`)
	s.stop()
}

// TestTextIsUTF8 names the line of what isn't, and drops the mark that some editors begin a file with.
func TestTextIsUTF8(t *testing.T) {
	for text, says := range map[string]string{
		"\ufeffflags: []\n":           "",
		"":                            "",
		"a: é\u0085\u2028 \t\r\n":     "", // whatever else is text
		"\xff\xfef\x00":               "line 1: this is UTF-16",
		"\xfe\xff\x00f":               "line 1: this is UTF-16",
		"a:\nb: caf\xe9\n":            "line 2: the byte 0xE9 isn't UTF-8",
		"a:\r\nb:\r\nc: \x1b[31m\r\n": "line 3: it has the control character U+001B",
		"a:\rb: \x00":                 "line 2: it has the control character U+0000",
	} {
		got, problem := inUTF8([]byte(text))
		switch {
		case says == "" && (problem != nil || string(got) != strings.TrimPrefix(text, "\ufeff")):
			t.Errorf("%q is %q: %v", text, got, problem)
		case says != "" && (problem == nil || !strings.HasPrefix(problem.String(), says)):
			t.Errorf("%q: %v", text, problem)
		}
	}
	latin := file(t, "latin.yaml", "flags:\n- key: caf\xe9\n")
	for _, args := range [][]string{{"compile", latin, "-o", "-"}, {"generate", "go", latin}, {"lint", latin}} {
		gonfalon(t, args...).has(t, 1, latin, "2: ", "the byte 0xE9 isn't UTF-8")
	}
	gonfalon(t, "--config", latin, "version").has(t, 2, latin+": line 2: the byte 0xE9 isn't UTF-8")
	gonfalon(t, "diff", latin, file(t, "none.yaml", "flags: []")).has(t, 2, latin+": line 2: the byte 0xE9 isn't UTF-8")
}

// TestReplaceFile: what others can put into the directory is not written to, and a failure leaves what was there.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "flags.snapshot")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	if err := replaceFile(name, 0o600, text("one")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	during := ""
	err := replaceFile(name, 0o600, func(io.Writer) error {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != "flags.snapshot" {
				during = e.Name()
			}
		}
		return errors.New("out of words")
	})
	if err == nil || during == "" {
		t.Fatalf("%v, written as %q", err, during)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	if got, _ := os.ReadFile(name); string(got) != "one" {
		t.Errorf("a failure wrote %q", got)
	}
	again := ""
	if err := replaceFile(name, 0o600, func(w io.Writer) error {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != "flags.snapshot" {
				again = e.Name()
			}
		}
		return text("two")(w)
	}); err != nil || again == during || len(strings.TrimPrefix(again, ".flags.snapshot.")) < 20 {
		t.Errorf("%v: the name of what is being written can be guessed: %q, then %q", err, during, again)
	}
	if got, _ := os.ReadFile(name); string(got) != "two" {
		t.Errorf("wrote %q", got)
	}
}

// The problems of a file are told as they stand in it, whoever finds them.
func TestProblemsAreInOrder(t *testing.T) {
	s := serve(t, "--in-memory")
	name := file(t, "flags.yaml", "flags:\n- key: a\n  gates:\n  - type: percentage_of_actors\n    ratio: 5\n  - type: segment\n    target: none\n    enabled: true\n"+
		"  - type: rule\n    constraints:\n    - {attribute: a, operator: matches, values: ['[']}\n  owner: \"a\\nb\"\n- key: b\n  owner: \"c\\nd\"\n")
	line := regexp.MustCompile(`flags.yaml:(?: line )?(\d+)`)
	for _, args := range [][]string{{"lint"}, {"apply", "-f"}, {"import"}, {"diff"}, {"compile", "-o", "-"}} {
		args = append(args, name)
		ask := s.run
		if args[0] == "compile" {
			ask = func(args ...string) result { return gonfalon(t, args...) }
		}
		r := ask(args...)
		var lines []string
		for _, found := range line.FindAllStringSubmatch(r.out+r.errors, -1) {
			lines = append(lines, found[1])
		}
		if got := strings.Join(lines, " "); got != "5 7 11 12 14" {
			t.Errorf("%v tells of lines %s: %s%s", args, got, r.out, r.errors)
		}
	}
	s.stop()
}

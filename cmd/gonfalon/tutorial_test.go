package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTutorial runs the commands of docs/tutorial.md one after the other, and compares what they say with what stands below
// them. "…" on a line stands for any text, and on a line of its own for any lines.
func TestTutorial(t *testing.T) {
	page, err := os.ReadFile("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	home(t)
	s := serve(t, "--in-memory")
	gonfalonWith(t, s.adminToken+"\n", "login", s.url).must(t)
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			line, want, _ := strings.Cut(part, "\n")
			commands++
			got := gonfalon(t, shellWords(line)[1:]...)
			if got.code > 1 || !said(want, got.errors+got.out) {
				t.Errorf("$ %s\nsays (%d)\n%s%s\nand not\n%s", line, got.code, got.errors, got.out, want)
			}
		}
	}
	if commands < 10 {
		t.Errorf("the page has only %d commands", commands)
	}
	s.stop()
}

// said reports whether a text is as a page says.
func said(want, got string) bool {
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	for line := range strings.Lines(strings.TrimSpace(want)) {
		if line = strings.TrimRight(line, "\n"); line == "…" {
			pattern.WriteString(`.*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line)), "…", `[^\n]*`) + `[^\n]*\s*`)
	}
	pattern.WriteString(`\z`)
	text := strings.NewReplacer("\u202f", " ").Replace(strings.TrimSpace(got))
	return regexp.MustCompile(strings.ReplaceAll(pattern.String(), "\u202f", " ")).MatchString(text)
}

// shellWords splits a command line as a shell does, without variables.
func shellWords(line string) (list []string) {
	for _, m := range regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s]+`).FindAllString(line, -1) {
		list = append(list, strings.Trim(m, `'"`))
	}
	return list
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuides checks that every command line on a page parses, also of those that the tests of docs can't run.
func TestGuides(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/*/*.md", "../../hostsdk/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		pages = append(pages, found...)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		fenced := false
		for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", "")) { // a line that goes on is one
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			if language, is := strings.CutPrefix(line, "```"); is {
				fenced = language == "sh" || language == "console"
			}
			if !fenced || !strings.HasPrefix(line, "gonfalon ") || strings.HasPrefix(line, "gonfalon = ") { // which is a dependency
				continue
			}
			found++
			line, _, _ = strings.Cut(line, " # ")
			line, _, _ = strings.Cut(line, " | ")
			if err := parses(strings.TrimSpace(line)); err != nil {
				t.Errorf("%s: %q: %v", page, line, err)
			}
		}
	}
	if found == 0 {
		t.Error("the guides have no command line")
	}
}

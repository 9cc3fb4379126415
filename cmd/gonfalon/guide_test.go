package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuides checks that every command line in a guide parses.
func TestGuides(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		fenced := false
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			if !fenced || !strings.HasPrefix(line, "gonfalon ") {
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

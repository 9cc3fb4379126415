package gonfalon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Timeout int `yaml:"timeout-minutes"`
		Steps   []struct{ Uses, Run string }
	}
}

// What CI runs can be run anywhere: each step is a make target. It may only read unless a job says what it writes,
// and each action is a commit, which its tag can't be moved away from.
func TestWorkflows(t *testing.T) {
	targets, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no workflows: %v", err)
	}
	pinned := regexp.MustCompile(`(?m)uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s: its permissions are %v, not contents: read", file, w.Permissions)
		}
		if uses := strings.Count(string(text), "uses: "); uses != len(pinned.FindAll(text, -1)) {
			t.Errorf("%s: an action is not pinned to a commit, with its version beside it", file)
		}
		for name, job := range w.Jobs {
			if job.Timeout == 0 {
				t.Errorf("%s: %s has no timeout-minutes", file, name)
			}
			for _, step := range job.Steps {
				target, isMake := strings.CutPrefix(step.Run, "make ")
				if step.Run != "" && (!isMake || !strings.Contains(string(targets), "\n"+target+": ")) {
					t.Errorf("%s: %s runs %q, which is not a make target", file, name, step.Run)
				}
			}
		}
	}
}

package mutants

import (
	"os"
	"strings"
	"testing"
)

// TestList: each fault is where the list says, once, and has a name of its own.
func TestList(t *testing.T) {
	names := map[string]bool{}
	for _, m := range All() {
		text, err := os.ReadFile("../" + m.File)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.From); n != 1 {
			t.Errorf("%s: %q is %d times in %s", m.Name, m.From, n, m.File)
		}
		if m.From == m.To {
			t.Errorf("%s: no fault", m.Name)
		}
		if names[m.Name] {
			t.Errorf("%s: two faults of that name", m.Name)
		}
		names[m.Name] = true
	}
}

// TestKinds: none of the kinds that tests are blind to runs short of faults.
func TestKinds(t *testing.T) {
	for _, k := range blind {
		if len(k.List) < k.Least {
			t.Errorf("%s: %d faults, want %d", k.Kind, len(k.List), k.Least)
		}
	}
}

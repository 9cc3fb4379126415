package mutants

import (
	"os"
	"strings"
	"testing"
)

// TestList: each fault is where the list says, once.
func TestList(t *testing.T) {
	for _, m := range List {
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
	}
}

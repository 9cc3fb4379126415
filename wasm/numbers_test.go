package wasm_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Hosts in other languages are written from ABI.md, so every number that the page names is the engine's, and the other way
// round: a number that the page forgets fails here too.
func TestNumbersOfThePage(t *testing.T) {
	text, err := os.ReadFile("ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, c := range []struct {
		what     string
		start    string // where the list begins on the page
		nameless int    // the first number without a name
		name     func(n int) string
	}{
		{"reason", "| 1–4 | reason: ", 8, func(n int) string { return words(engine.Reason(n).String()) }},
		{"gate", "| 5–8 | the gate that decided: ", 11, func(n int) string {
			if n == int(engine.GateNone) {
				return "none"
			}
			return engine.Gate(n).String()
		}},
		{"operator", "The operator is\n", int(engine.Operators), func(n int) string { return engine.Operator(n).String() }},
		{"outcome", "outcome is\n", 6, func(n int) string { return engine.Outcome(n).String() }},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, list, found := strings.Cut(page, c.start)
			if !found {
				t.Fatalf("the page has no %q", c.start)
			}
			list = strings.ReplaceAll(list[:strings.IndexAny(list, "|.")], "\n", " ")
			list, _, _ = strings.Cut(list, ", which only hosts say")
			holds(t, numbered(strings.Split(list, " · ")), c.nameless, c.name)
			if got, want := c.name(c.nameless), fmt.Sprintf("%s %d", c.what, c.nameless); got != want {
				t.Errorf("the number after the last is called %q, not %q: has the page a new one?", got, want)
			}
		})
	}
	t.Run("load code", func(t *testing.T) {
		_, table, _ := strings.Cut(page, "## Load codes")
		var rows []string
		for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \|$`).FindAllStringSubmatch(table, -1) {
			rows = append(rows, row[1]+" "+row[2])
		}
		name := func(n int) string { return engine.Code(n).String() }
		holds(t, numbered(rows), len(rows), name)
		if got, want := name(len(rows)), fmt.Sprintf("code %d", len(rows)); got != want {
			t.Errorf("the page ends before %q", got)
		}
	})
}

// numbered reads "7 name (a remark)" into names by number.
func numbered(items []string) map[string]string {
	names := map[string]string{}
	for _, item := range items {
		number, name, _ := strings.Cut(strings.TrimSpace(item), " ")
		name, _, _ = strings.Cut(name, " (") // a remark
		names[number] = name
	}
	return names
}

func holds(t *testing.T, page map[string]string, nameless int, name func(int) string) {
	t.Helper()
	if len(page) != nameless {
		t.Errorf("the page names %d numbers, the engine %d: %v", len(page), nameless, page)
	}
	for n := range nameless {
		if got := page[fmt.Sprint(n)]; got != name(n) {
			t.Errorf("%d is %q on the page, %q in the engine", n, got, name(n))
		}
	}
}

// words turns TARGETING_MATCH into "targeting match", as the page writes reasons.
func words(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", " ")) }

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// No option of any verb takes a number that makes no sense, and each takes one that does.
func TestNumbersMakeSense(t *testing.T) {
	tried := 0
	walk(newRoot(), func(name string, c *cobra.Command) {
		check := func(f *pflag.Flag) {
			kind, unit := f.Value.Type(), ""
			if kind == "duration" {
				unit = "s"
			}
			if !slices.ContainsFunc([]string{"int", "uint", "float", "duration"}, func(number string) bool { return strings.HasPrefix(kind, number) && !strings.HasSuffix(kind, "Slice") }) {
				return
			}
			tried++
			for text, ok := range map[string]bool{"1": true, "0": f.DefValue == "0", "-1": false} {
				if err := f.Value.Set(text + unit); (err == nil) != ok {
					t.Errorf("%s --%s=%s: %v", name, f.Name, text+unit, err)
				}
			}
			for _, text := range []string{"NaN", "Inf", "-Inf"} {
				if f.Value.Set(text) == nil {
					t.Errorf("%s takes --%s=%s", name, f.Name, text)
				}
			}
		}
		c.Flags().VisitAll(check)
		c.PersistentFlags().VisitAll(check)
	})
	if tried < 10 {
		t.Errorf("only %d options take numbers", tried)
	}
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlags() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "flags",
		Short:   "List, read and change flags",
		Example: `  gonfalon flags enable new_checkout --percentage-of-actors 0.5 --reason "second wave" --preview`,
	}
	n.register(c)
	c.AddCommand(newFlagsList(n), newFlagsGet(n), newFlagsPut(n), newFlagsEnable(n), newFlagsDisable(n), newFlagsClear(n),
		newFlagsVariants(n), newFlagsKill(n), newFlagsRevive(n), newFlagsDelete(n), newFlagsHistory(n), newFlagsRollback(n))
	return c
}

// gates sums a flag's gates up on a line.
func gates(f flagset.Flag) string {
	parts := make([]string, len(f.Gates))
	for i, g := range f.Gates {
		parts[i] = gate(g)
	}
	return strings.Join(parts, ", ")
}

func gate(g flagset.Gate) string {
	text := strings.Replace(g.Slot(), "/", " ", 1)
	switch g.Type {
	case flagset.PercentageOfActors:
		return percent(*g.Ratio) + " of actors"
	case flagset.PercentageOfTime:
		return percent(*g.Ratio) + " of the time"
	case flagset.VariantGate:
		return count(len(g.Variants), "variant")
	case flagset.Schedule:
		return "schedule"
	case flagset.Rule:
		text = fmt.Sprintf("rule of %s", count(len(g.Constraints), "constraint"))
	}
	if g.Ratio != nil {
		text += " at " + percent(*g.Ratio)
	}
	if !g.Enabled || g.Type == flagset.Boolean {
		text += " " + onOff(g.Enabled)
	}
	return text
}

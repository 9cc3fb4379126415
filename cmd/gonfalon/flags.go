package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/words"
)

func newFlags() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "flags",
		Short:   "List, read and change flags",
		Example: `  gonfalon flags enable new_checkout --percentage-of-actors 0.5 --reason "second wave" --preview`,
	}
	n.register(c)
	n.inEnvironment(c)
	c.AddCommand(newFlagsList(n), newFlagsGet(n), newFlagsCreate(n), newFlagsSet(n), newFlagsEdit(n), newFlagsCopy(n), newFlagsPromote(n), newFlagsPut(n), newFlagsEnable(n), newFlagsDisable(n), newFlagsClear(n),
		newFlagsVariants(n), newFlagsKill(n), newFlagsRevive(n), newFlagsDelete(n), newFlagsHistory(n), newFlagsRollback(n))
	return c
}

// flagsNoun returns what a verb prints of flags. The document is one flag's, or a page's.
func flagsNoun(env string, document any, flags ...api.Flag) noun {
	n := noun{
		env: env, document: document, set: new(flagset.Set), section: "flags", narrow: 6,
		header: []string{
			"KEY", "STATE", "OWNER", "UPDATED", "LAST EVALUATED",
			"ON FOR", "REVISION", "UPDATED BY", "TAGS", "DESCRIPTION", "VERSION",
		},
	}
	for _, f := range flags {
		state := string(f.State)
		if f.State == api.StateKilled {
			state = strings.ToUpper(state)
		}
		if f.Stale {
			state += ", stale"
		}
		n.names = append(n.names, f.Key)
		n.set.Flags = append(n.set.Flags, f.Flag)
		n.rows = append(n.rows, []string{
			f.Key, state, f.Owner, when(f.Updated), when(f.LastEvaluated), shortened(gates(f)),
			strconv.FormatInt(f.Revision, 10), byWhom(f.UpdatedBy, f.UpdatedOnBehalfOf), strings.Join(f.Tags, ", "),
			shortened(f.Description), f.Version,
		})
	}
	return n
}

// provenance returns where a flag or a segment is, who changed it last, and its version, which --if-match takes.
func provenance(env string, revision int64, updated time.Time, by, version string) string {
	return fmt.Sprintf("%s · revision %d, %s by %s · version %s", env, revision, when(updated), by, version)
}

// gates sums a flag's gates up on a line. A server of an older build doesn't say it.
func gates(f api.Flag) string {
	if f.Words == nil {
		return words.Of(&f.Flag, flagset.Settings{}, nil).Line()
	}
	return f.Words.Line()
}

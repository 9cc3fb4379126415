package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// show prints for each flag whose decisions change, for as many as there is room and time. What can't be foreseen is said,
// and stops nothing.
func (p *applying) show(ctx context.Context, c *cobra.Command, have, want *flagset.Set, changes []api.Change) {
	if !p.preview {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	tell := func(format string, args ...any) { _ = say(c.ErrOrStderr(), format+"\n", args...) } // the changes are more important
	keys, now := controlplane.Affected(have, want, changes), time.Now()
	for i, key := range keys {
		if i == mostShown {
			tell("%s not looked at, since a preview is of %d", count(len(keys)-i, "more flag"), mostShown)
			return
		}
		preview, err := controlplane.Foresee(ctx, have, want, key, now)
		switch {
		case ctx.Err() != nil:
			tell("%s not looked at, since that takes longer than %s (--timeout)", count(len(keys)-i, "more flag"), p.timeout)
			return
		case err != nil:
			tell("%s: it can't be told whose decisions change: %v", key, err)
			continue
		}
		tell("%s:", key)
		for _, line := range foreseen(preview, "") {
			tell("  %s", line)
		}
	}
}

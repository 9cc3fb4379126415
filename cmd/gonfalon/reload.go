package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newReload() *cobra.Command {
	var (
		n      connection
		o      output
		dryRun bool
	)
	c := &cobra.Command{
		Use:   "reload",
		Short: "Let a running server read its settings again",
		Long: `Reload asks the server at --endpoint to read its file and its environment again, as SIGHUP does. What can change
while it runs changes at once, and the answer names what needs a restart. If a setting makes no sense, nothing changes.

It needs an admin token. Each replica is asked at its own address. What the command line of serve gives stays.`,
		Example: "  gonfalon reload --dry-run",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			done, err := client.Reload(ctx, dryRun)
			if err != nil {
				return err
			}
			return o.print(c, reloadNoun(done, dryRun))
		}),
	}
	n.register(c)
	o.register(c)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "check the settings, and change nothing")
	return c
}

func reloadNoun(done api.Reload, dryRun bool) noun {
	n := noun{document: done, header: []string{"SETTING", "BEFORE", "AFTER", "EFFECT", "WHY"}}
	add := func(effect string, list []api.SettingChange) {
		for _, s := range list {
			n.names = append(n.names, s.Setting)
			n.rows = append(n.rows, []string{s.Setting, s.Before, s.After, effect, s.Why})
		}
	}
	add("at once", done.Changed)
	add("at the next start", done.NeedsRestart)
	n.text = func(w io.Writer) error {
		changed := "is now"
		if dryRun {
			changed = "would be"
		}
		for _, s := range done.Changed {
			if err := say(w, "%s %s %q, was %q\n", s.Setting, changed, s.After, s.Before); err != nil {
				return err
			}
		}
		for _, s := range done.NeedsRestart {
			if err := say(w, "%s needs a restart to be %q, is %q: %s\n", s.Setting, s.After, s.Before, s.Why); err != nil {
				return err
			}
		}
		switch {
		case len(n.names) == 0:
			return say(w, "no setting differs from those that the server runs with\n")
		case dryRun:
			return say(w, "dry run, nothing was changed\n")
		}
		return nil
	}
	return n
}

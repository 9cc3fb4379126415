package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// flagVerb is a change of one flag that can be looked at before it is made.
type flagVerb struct {
	*connection
	output
	changeOptions
	asked
	preview  bool
	contexts string
}

func (p *flagVerb) register(c *cobra.Command) {
	p.output.register(c)
	p.registerWithoutOutput(c)
}

// registerWithoutOutput leaves out the flag of changes after which there is a flag to print.
func (p *flagVerb) registerWithoutOutput(c *cobra.Command) {
	p.versioned(c)
	p.registerPreview(c)
}

// registerForNew leaves out the flag that names a version, since what is made has none yet.
func (p *flagVerb) registerForNew(c *cobra.Command) {
	p.output.register(c)
	p.registerPreview(c)
}

// registerPreview adds the flags of a change that can be looked at.
func (p *flagVerb) registerPreview(c *cobra.Command) {
	p.changeOptions.register(c)
	p.asked.register(c)
	f := c.Flags()
	f.BoolVar(&p.preview, "preview", false, "first show whose decisions change, then ask")
	f.StringVar(&p.contexts, "contexts", "", "a file of contexts that the preview decides for too, one JSON object or actor per line")
}

// flagChange is a change on the server and, for a preview, of a copy of the flag.
type flagChange struct {
	apply func(flagset.Flag) (flagset.Flag, []flagset.Problem)
	send  func(apiclient.WriteOptions) (api.Flag, error)
}

// change makes a change of a flag. If the flag is another by the time the preview was read, nothing is changed.
func (p *flagVerb) change(ctx context.Context, c *cobra.Command, client *apiclient.Client, key string, change flagChange) error {
	w := p.options()
	if p.contexts != "" && !p.preview {
		return usagef("--contexts is for --preview")
	}
	if p.preview {
		now, err := client.Flag(ctx, p.env, key)
		var refused *apiclient.Error
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
			now.Key, w.IfAbsent = key, true
		case err != nil:
			return err
		case w.IfMatch == "":
			w.IfMatch = now.Version
		}
		proposed, problems := change.apply(now.Flag)
		if err := flagset.Err(problems); err != nil {
			return err
		}
		if err := p.show(ctx, c, client, api.Proposal{Flag: proposed}); err != nil {
			return err
		}
		if !p.dryRun {
			if err := p.confirm(c, "Write it to "+p.env); err != nil {
				return err
			}
		}
	}
	f, err := change.send(w)
	if err != nil {
		return err
	}
	return p.printFlag(ctx, c, client, f)
}

// printFlag prints what a flag is after a change.
func (p *flagVerb) printFlag(ctx context.Context, c *cobra.Command, client *apiclient.Client, f api.Flag) error {
	warn(c, f.Warnings)
	changed := f.Changed == nil || *f.Changed
	created := changed && f.Created.Equal(f.Updated)
	if created {
		p.doubt(ctx, c, client, f.Key)
	}
	noun := flagsNoun(p.env, f, f)
	noun.note = provenance(p.env, f.Revision, f.Updated, byWhom(f.UpdatedBy, f.UpdatedOnBehalfOf), f.Version)
	noun.text = func(io.Writer) error {
		text := "%s is %s at revision %d of %s"
		switch {
		case created:
			text = "created: " + text
		case !changed:
			text = "%s was like that already: %s at revision %d of %s"
		}
		args := []any{f.Key, f.State, f.Revision, p.env}
		if len(f.Gates) > 0 {
			text, args = text+" (%s)", append(args, gates(f))
		}
		return p.sayDone(c, text, args...)
	}
	return p.print(c, noun)
}

// doubt asks of a flag that was just created whether another was meant.
func (p *flagVerb) doubt(ctx context.Context, c *cobra.Command, client *apiclient.Client, key string) {
	known, err := p.flagKeys(ctx, client)
	if near := nearest(key, known); err == nil && near != "" {
		_ = say(c.ErrOrStderr(), "warning: %s is a new flag: did you mean %s?\n", key, near) // the answer is more important
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// planned is a change of one flag that can be looked at before it is made.
type planned struct {
	*connection
	writing
	preview, yes bool
	sample       int
}

func (p *planned) register(c *cobra.Command) {
	p.writing.register(c)
	f := c.Flags()
	f.BoolVar(&p.preview, "preview", false, "first show for how many the decision changes, then ask")
	f.IntVar(&p.sample, "sample", 10_000, "how many made-up actors a preview asks for")
	f.BoolVarP(&p.yes, "yes", "y", false, "don't ask after the preview")
}

// flagChange is a change on the server and, for a preview, of a copy of the flag.
type flagChange struct {
	apply func(flagset.Flag) (flagset.Flag, []flagset.Problem)
	send  func(apiclient.Write) (apiclient.Flag, error)
}

// change makes a change of a flag. What was looked at in a preview is what is changed: if it is another by then, nothing is.
func (p *planned) change(ctx context.Context, c *cobra.Command, client *apiclient.Client, key string, change flagChange) error {
	w := p.options()
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
		if err := p.show(ctx, c, client, apiclient.Proposal{Flag: proposed, Sample: p.sample}); err != nil {
			return err
		}
		if !p.yes && !confirmed(c, "Write it?") {
			return errors.New("nothing was written")
		}
	}
	f, err := change.send(w)
	if err != nil {
		return err
	}
	return p.tell(c, f)
}

// show prints for whom the decision would change.
func (n *connection) show(ctx context.Context, c *cobra.Command, client *apiclient.Client, p apiclient.Proposal) error {
	preview, err := client.Preview(ctx, n.env, p)
	if err != nil {
		return err
	}
	for _, line := range preview.Difference.Lines {
		fmt.Fprintf(c.ErrOrStderr(), "  %s\n", line)
	}
	text := fmt.Sprintf("  %s of %s sampled actors turn on, %s turn off", thousands(preview.TurnOn), thousands(preview.Asked), thousands(preview.TurnOff))
	if preview.VariantChanged > 0 {
		text += fmt.Sprintf(", %s get another variant", thousands(preview.VariantChanged))
	}
	switch names := sortedKeys(preview.Dependants); len(names) {
	case 0:
	case 1:
		text += ". 1 flag depends on it: " + names[0]
	default:
		text += fmt.Sprintf(". %d flags depend on it: %s", len(names), strings.Join(names, ", "))
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s.\n", text)
	warn(c, preview.Problems)
	return nil
}

// tell prints what a flag is after a change.
func (p *planned) tell(c *cobra.Command, f apiclient.Flag) error {
	warn(c, f.Warnings)
	if p.json {
		return printJSON(c.OutOrStdout(), f)
	}
	text := fmt.Sprintf("%s is %s at revision %d", f.Key, f.State, f.Revision)
	switch {
	case p.dryRun:
		text = fmt.Sprintf("%s would be %s; nothing was written", f.Key, f.State)
	case f.Changed != nil && !*f.Changed:
		text = fmt.Sprintf("%s was like that already: %s", f.Key, f.State)
	}
	if len(f.Gates) > 0 {
		text += " (" + gates(f.Flag) + ")"
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), text)
	return err
}

// thousands writes 12345 as "12 345", with a space that doesn't break, and 0 as "none".
func thousands(n int) string {
	if n == 0 {
		return "none"
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u00a0" + digits[i:]
	}
	return digits
}

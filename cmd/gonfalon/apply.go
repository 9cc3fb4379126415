package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// applying makes an environment be what files say.
type applying struct {
	connection
	output
	changeOptions
	asked

	files                 []string
	prune, drift, preview bool
	owners, tags          []string // whose flags are pruned; none: all
}

func newApply() *cobra.Command {
	p := new(applying)
	c := &cobra.Command{
		Use:   "apply -f FILE|DIR",
		Short: "Make an environment be what files say, as one revision",
		Long: `Apply reads files and directories as one set, shows what differs, asks on a terminal, and writes it as one
revision, or nothing of it. If somebody changes the environment meanwhile, it is refused. With --prune it
deletes what the files don't have: with --owner or --tag only flags of these, so that several teams can
apply files of their own to one environment. Settings are changed only if a file has some.

With --drift it writes nothing, and the exit status is 1 if what is there has drifted from the files, and 2 if
that can't be told. With --preview it also says, for each flag, whose decisions change: for which share of
everyone else and of each group, rule and actor that the gates name.`,
		Example: "  gonfalon apply -f flags/ --env production --prune --owner web --reason \"release 12\"\n" +
			"  gonfalon apply -f flags/ --env production --drift --preview",
		Args: cobra.NoArgs,
	}
	apply := p.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
		return p.run(ctx, c, client)
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		err := apply(c, args)
		if p.drift && err != nil && err != error(errReported) {
			return trouble{err} // 1 means that something has drifted
		}
		return err
	}
	p.connection.register(c)
	p.inEnvironment(c)
	p.output.register(c)
	p.changeOptions.register(c)
	p.versioned(c)
	p.asked.register(c)
	f := c.Flags()
	f.StringSliceVarP(&p.files, "file", "f", nil, "a file or directory of flags; - is standard input; may be repeated")
	f.BoolVar(&p.drift, "drift", false, "write nothing, and fail if anything differs")
	f.BoolVar(&p.preview, "preview", false, "first show whose decisions change, then ask")
	f.BoolVar(&p.prune, "prune", false, "delete what the files don't have")
	f.StringSliceVar(&p.owners, "owner", nil, "prune only flags of this owner; may be repeated")
	f.StringSliceVar(&p.tags, "tag", nil, "prune only flags with this tag; may be repeated")
	return c
}

func (p *applying) run(ctx context.Context, c *cobra.Command, client *apiclient.Client) error {
	switch {
	case len(p.files) == 0:
		return usagef("-f is missing: the file or directory to apply")
	case !p.prune && (c.Flags().Changed("owner") || c.Flags().Changed("tag")):
		return usagef("--owner and --tag say what --prune deletes: give that too")
	case unset(c, "owner", p.owners):
		return usagef("--owner: it is empty, and would prune everybody's flags: name somebody, or leave it out")
	case unset(c, "tag", p.tags):
		return usagef("--tag: it is empty: name a tag, or leave it out")
	}
	files, err := readFlagFiles(c, p.files)
	if err != nil {
		return trouble{err}
	}
	if p.prune && len(files.set.Flags)+len(files.set.Segments) == 0 {
		return refusef("the files have no flag and no segment, so --prune would delete everything: that is most likely an accident")
	}
	environment, err := client.Environment(ctx, p.env)
	if err != nil {
		return err
	}
	have, err := p.everything(ctx, client, environment.Revision)
	if err != nil {
		return err
	}
	if err := files.refused(have); err != nil {
		return err
	}
	want := p.merge(files, have)
	if p.drift { // which a token that may only read can ask for
		changes, err := controlplane.Difference(have, want)
		if err != nil {
			return err
		}
		d := api.Difference{Revision: environment.Revision, Changes: changes}
		p.show(ctx, c, have, want, changes)
		if err := printDifference(c, p.output, p.env, d); err != nil {
			return err
		}
		return differs(d)
	}
	document, err := want.MarshalJSON()
	if err != nil {
		return err
	}
	w := p.options()
	if w.IfMatch == "" {
		w.IfMatch = wholeVersion(environment)
	}
	send := func(dryRun bool) (api.Difference, error) {
		w.DryRun = dryRun
		return client.Import(ctx, p.env, document, api.Import{Prune: true}, w)
	}
	d, err := send(true)
	if err != nil {
		return err
	}
	asks := !p.dryRun && len(d.Changes) > 0 && !p.yes && (p.preview || onTerminal(c))
	if asks {
		if err := writeChanges(c.ErrOrStderr(), d); err != nil {
			return err
		}
	}
	p.show(ctx, c, have, want, d.Changes)
	if p.dryRun || len(d.Changes) == 0 {
		return printDifference(c, p.output, p.env, d)
	}
	if asks {
		if err := p.confirm(c, fmt.Sprintf("Write %s to %s", count(len(d.Changes), "change"), p.env)); err != nil {
			return err
		}
	}
	if d, err = send(false); err != nil {
		return err
	}
	return printDifference(c, p.output, p.env, d)
}

// unset reports whether an option is there and says nothing, as a variable that a script didn't set does.
func unset(c *cobra.Command, option string, values []string) bool {
	return c.Flags().Changed(option) && (len(values) == 0 || slices.Contains(values, ""))
}

// merge returns what the environment shall be: the files' set, and of what is there whatever isn't pruned.
func (p *applying) merge(files *flagFiles, have *flagset.Set) *flagset.Set {
	want := files.set
	if want.Settings.GroupConflict == "" {
		want.Settings = have.Settings
	}
	want.Flags, want.Segments = slices.Clone(want.Flags), slices.Clone(want.Segments)
	for _, f := range have.Flags {
		if files.set.Flag(f.Key) == nil && !p.pruned(&f) {
			want.Flags = append(want.Flags, f)
		}
	}
	all := p.prune && len(p.owners)+len(p.tags) == 0
	for _, s := range have.Segments {
		if files.set.Segment(s.Key) == nil && !all {
			want.Segments = append(want.Segments, s)
		}
	}
	return want.Sorted()
}

// pruned reports whether a flag that no file has is to be deleted.
func (p *applying) pruned(f *flagset.Flag) bool {
	if !p.prune || len(p.owners)+len(p.tags) == 0 {
		return p.prune
	}
	return slices.Contains(p.owners, f.Owner) || slices.ContainsFunc(f.Tags, func(tag string) bool { return slices.Contains(p.tags, tag) })
}

// missing returns what the gate that a problem is about names.
func missing(set *flagset.Set, p flagset.Problem) string {
	f := set.Flag(p.Flag)
	if f == nil {
		return ""
	}
	i := slices.IndexFunc(f.Gates, func(g flagset.Gate) bool { return g.Slot() == p.Gate })
	if i < 0 {
		return ""
	}
	return f.Gates[i].Target
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/lint"
)

// linting is one run of lint.
type linting struct {
	connection
	form, failOn, owners, at string
	only, without            []string
	usage, rules             bool
	stale, killed            string

	least lint.Level
	files *flagFiles // nil: the flags of an environment
	facts lint.Facts
}

func newLint() *cobra.Command {
	l := new(linting)
	c := &cobra.Command{
		Use:   "lint [FILE|DIR …]",
		Short: "Find what is valid in flags and yet most likely not meant",
		Long: `Lint looks for gates that decide nothing, constraints that no context meets, shares that nobody gets,
schedules that are over, and the like: --rules lists what, why, and how to mend it. Without a file it
looks at an environment, and knows which flags nobody uses any more; --usage tells it that about files.
A directory stands for its .yaml, .yml and .json files, which are read as one set.

The exit status is 1 if there is a finding of the level of --fail-on or worse.`,
		Example: "  gonfalon lint flags/ --owners OWNERS\n" +
			"  gonfalon lint flags.yaml -o sarif > lint.sarif\n" +
			"  gonfalon lint --env production",
		RunE: func(c *cobra.Command, args []string) error {
			if l.rules {
				return listRules(c.OutOrStdout(), args)
			}
			if err := l.settle(c); err != nil {
				return err
			}
			findings, err := l.run(c, args)
			if err != nil {
				return trouble{err}
			}
			if err := l.print(c, findings); err != nil {
				return err
			}
			if slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Level >= l.least }) {
				return errReported
			}
			return nil
		},
	}
	l.register(c)
	l.inEnvironment(c)
	f := c.Flags()
	f.StringVarP(&l.form, "output", "o", "text", "how to print: "+strings.Join(lintForms, ", "))
	f.StringVar(&l.failOn, "fail-on", "warning", "the least level that makes the exit status 1: note, warning, error")
	f.StringSliceVar(&l.only, "only", nil, "look for these rules alone")
	f.StringSliceVar(&l.without, "without", nil, "don't look for these rules")
	f.StringVar(&l.owners, "owners", "", "a file with the owners that there are, one a line")
	f.StringVar(&l.at, "at", "", "look at schedules as of this time (default now)")
	f.BoolVar(&l.usage, "usage", false, "ask the control plane which flags of the files nobody uses in --env")
	f.StringVar(&l.stale, "stale", "30d", "how long nobody has asked for a stale flag")
	f.StringVar(&l.killed, "killed", "30d", "how long a flag has been killed that is told of")
	f.BoolVar(&l.rules, "rules", false, "list the rules, or those that are named, and look at nothing")
	complete(c, "output", lintForms...)
	complete(c, "fail-on", lint.Note.String(), lint.Warning.String(), lint.Error.String())
	complete(c, "only", ruleNames()...)
	complete(c, "without", ruleNames()...)
	return c
}

// complete offers words for an option.
func complete(c *cobra.Command, option string, words ...string) {
	_ = c.RegisterFlagCompletionFunc(option, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails only for an option that isn't there
}

func ruleNames() (names []string) {
	for _, r := range lint.Rules() {
		names = append(names, r.ID)
	}
	return names
}

// settle checks the options, and reads what they name.
func (l *linting) settle(c *cobra.Command) (err error) {
	if !slices.Contains(lintForms, l.form) {
		return usagef("--output: it is one of %s%s", strings.Join(lintForms, ", "), meant(l.form, lintForms))
	}
	var known bool
	if l.least, known = lint.ParseLevel(l.failOn); !known {
		return usagef("--fail-on: %q is not note, warning or error", l.failOn)
	}
	for _, name := range slices.Concat(l.only, l.without) {
		if _, known := lint.RuleOf(name); !known {
			return usagef("there is no rule %q%s", name, meant(name, ruleNames()))
		}
	}
	l.facts.Now = time.Now()
	if l.at != "" {
		if l.facts.Now, err = moment(l.at); err != nil {
			return usagef("--at: %w", err)
		}
	}
	if l.owners != "" {
		text, err := readText(c, l.owners)
		if err != nil {
			return err
		}
		l.facts.Owners = []string{}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				l.facts.Owners = append(l.facts.Owners, line)
			}
		}
	}
	return nil
}

// run returns what the rules that are asked for find.
func (l *linting) run(c *cobra.Command, args []string) (findings []lint.Finding, err error) {
	if len(args) > 0 {
		if l.files, err = readFlagFiles(c, args); err != nil {
			return nil, err
		}
		for _, p := range l.files.problems {
			f := lint.Of(p.Problem)
			f.File = p.file
			findings = append(findings, f)
		}
	}
	var set *flagset.Set
	if l.files == nil || l.usage {
		if set, err = l.ask(c.Context(), l.files == nil); err != nil {
			return nil, l.hinted(err)
		}
	}
	if l.files != nil {
		set = &l.files.set
	}
	found := lint.Check(set, l.facts)
	if l.files != nil {
		places := make([]flagset.Place, len(found))
		for i := range found {
			places[i] = found[i].Place()
		}
		for i, at := range l.files.locate(places) {
			found[i].File, found[i].Line = at.file, at.line
		}
	}
	findings = slices.DeleteFunc(append(findings, found...), func(f lint.Finding) bool {
		return len(l.only) > 0 && !slices.Contains(l.only, f.Rule) || slices.Contains(l.without, f.Rule)
	})
	slices.SortStableFunc(findings, func(a, b lint.Finding) int { return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line) })
	return findings, nil
}

// ask fills in what the control plane knows of the flags' use, and returns its flags if they are asked for.
func (l *linting) ask(ctx context.Context, flags bool) (*flagset.Set, error) {
	client, err := l.open()
	if err != nil {
		return nil, err
	}
	long, err := age(l.killed)
	if err != nil {
		return nil, usagef("--killed: %w", err)
	}
	index, err := client.Index(ctx, l.env)
	if err != nil {
		return nil, err
	}
	usage, err := client.UsageIndex(ctx, l.env, l.stale)
	if err != nil {
		return nil, err
	}
	l.facts.Stale, l.facts.Killed = map[string]time.Time{}, map[string]time.Time{}
	for key, f := range usage.Flags {
		if f.Stale {
			l.facts.Stale[key] = f.LastEvaluated
		}
	}
	for _, f := range index.Flags {
		if !f.Updated.IsZero() && f.Updated.Before(l.facts.Now.Add(-long)) {
			l.facts.Killed[f.Key] = f.Updated // lint asks whether it is killed
		}
	}
	if !flags {
		return nil, nil
	}
	text, err := client.Export(ctx, l.env, api.At{})
	if err != nil {
		return nil, err
	}
	return exported(text, l.env)
}

func listRules(w io.Writer, names []string) error {
	for _, name := range names {
		if _, known := lint.RuleOf(name); !known {
			return usagef("there is no rule %q%s", name, meant(name, ruleNames()))
		}
	}
	for _, r := range lint.Rules() {
		if len(names) > 0 && !slices.Contains(names, r.ID) {
			continue
		}
		if err := say(w, "%s (%s)\n  %s.\n  %s\n  Mend: %s\n", r.ID, r.Level.String(), r.Title, r.Why, r.Mend); err != nil {
			return err
		}
	}
	return nil
}

// meant says which of some names may have been meant.
func meant(name string, names []string) string {
	if near := nearest(name, names); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// importing is what the verbs that import from another system are asked.
type importing struct {
	*connection
	output
	changeOptions
	asked
	oldStore
	only    []string
	renames []string
	verify  bool
	actors  string
}

func newImportLibrary(n *connection, library reference.Library) *cobra.Command {
	p := &importing{connection: n}
	c := &cobra.Command{
		Use:   string(library),
		Short: "Move flags in from " + library.Name(),
		Long: `Import ` + string(library) + ` reads the flags of ` + library.Name() + ` from its store, which it never changes: Redis, PostgreSQL,
MySQL, MariaDB or SQLite. It says what can't be carried as it is, shows what would change here, asks,
and stores everything as one change. Doing it again changes nothing.

--verify decides every flag for each actor by the rules of ` + library.Name() + ` and by what would be stored, and
refuses to go on where they differ. --actors has a file with an actor's id on each line, or a JSON
object {"actor": "user:3", "groups": ["staff"], "attributes": {"plan": "pro"}}; or a number of actors
to make up.`,
		Example: "  gonfalon import " + string(library) + " --from redis://127.0.0.1:6379/0 --dry-run\n" +
			"  gonfalon import " + string(library) + " --from-env OLD_DATABASE --verify --actors actors.txt --yes",
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			return p.run(ctx, c, client, library)
		}),
	}
	p.output.register(c)
	p.changeOptions.register(c)
	p.versioned(c)
	p.asked.register(c)
	p.oldStore.register(c)
	f := c.Flags()
	f.StringVar(&n.env, "into", n.env, "the environment, as --env")
	f.StringSliceVar(&p.only, "only", nil, "only these flags, with the segments and flags that they need")
	f.StringArrayVar(&p.renames, "rename", nil, "OLD=NEW: give a flag another key; may be repeated")
	f.BoolVar(&p.verify, "verify", false, "compare the answers before and after, and refuse where they differ")
	f.StringVar(&p.actors, "actors", "", "for --verify: a file of actors, or how many to make up (default 10000)")
	return c
}

// run reads, compares, asks and stores.
func (p *importing) run(ctx context.Context, c *cobra.Command, client *apiclient.Client, library reference.Library) error {
	if p.actors != "" && !p.verify {
		return usagef("--actors is for --verify")
	}
	if n, err := strconv.Atoi(p.actors); err == nil && n < 1 {
		return usagef("--actors: %d actors verify nothing", n)
	}
	names, err := renamed(p.renames)
	if err != nil {
		return err
	}
	source, err := p.oldStore.open(c, library, p.timeout)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	now := time.Now()
	contents, err := source.Read(ctx, reading(c))
	if err != nil {
		return trouble{err}
	}
	report := imported{Source: source.String(), names: names}
	if report.Description, err = p.describe(contents, names, &report); err != nil {
		return err
	}
	if len(report.Description.Flags) == 0 {
		return refusef("%s has no flags: are the address, --prefix and --table right?", source)
	}
	environment, err := client.Environment(ctx, p.env)
	if err != nil {
		return err
	}
	set, err := p.merge(ctx, client, &report.Description.Set)
	if err != nil {
		return err
	}
	if p.verify {
		v, err := migrate.Verify(ctx, contents, &report.Description, set, p.subjects(&report.Description.Set), now, asking(c))
		if err != nil {
			return trouble{err}
		}
		report.Verification = &v
	}
	return p.store(ctx, c, client, wholeVersion(environment), set, &report)
}

// describe says what the flags are here, and how many actors a new name would move.
func (p *importing) describe(contents migrate.Contents, names map[string]string, report *imported) (migrate.Description, error) {
	before := contents.Describe()
	for _, from := range sortedKeys(names) {
		if !slices.ContainsFunc(before.Flags, func(o migrate.Origin) bool { return o.Name == from }) {
			return before, refusef("--rename: the source has no flag %q", from)
		}
		if slices.ContainsFunc(before.Flags, func(o migrate.Origin) bool { return o.Name == names[from] }) {
			return before, refusef("--rename: the source has a flag %q already", names[from])
		}
	}
	d := contents.Rename(names).Describe()
	for _, o := range d.Flags {
		to, given := names[o.Name]
		if o.Key == "" && !given {
			to = migrate.KeyFor(o.Name, &d.Set)
		} else if !given {
			continue
		}
		moved, asked, err := migrate.Moves(contents, o.Name, to, p.subjects(&before.Set), time.Now())
		if err != nil {
			return d, trouble{err}
		}
		report.Renames = append(report.Renames, rename{Name: o.Name, Key: to, Done: given && o.Key != "", Moved: moved, Asked: asked})
	}
	if len(p.only) == 0 {
		return d, nil
	}
	d, err := migrate.Only(d, p.only)
	if err != nil {
		return d, refusal{err}
	}
	return d, nil
}

// merge fits the flags into the environment.
func (p *importing) merge(ctx context.Context, client *apiclient.Client, found *flagset.Set) (*flagset.Set, error) {
	have, err := p.everything(ctx, client, 0)
	if err != nil {
		return nil, err
	}
	set, err := migrate.Merge(found, have)
	var conflict *migrate.ConflictError
	if errors.As(err, &conflict) {
		return nil, refusef("%w\nimport into another environment with --into, such as one that gonfalon envs create makes; or make them the same with gonfalon envs set --group-conflict", err)
	}
	return set, err
}

// store shows what changes, asks, and stores it.
func (p *importing) store(ctx context.Context, c *cobra.Command, client *apiclient.Client, version string, set *flagset.Set, report *imported) error {
	document, err := json.Marshal(*set)
	if err != nil {
		return err
	}
	w := p.options()
	if w.IfMatch == "" {
		w.IfMatch = version
	}
	w.Reason = movedReason(w.Reason, report.Source, report.names)
	how := api.Import{Tolerant: true} // what is malformed was named, and grants nothing there either
	send := func(dryRun bool) (err error) {
		w.DryRun = dryRun
		report.Difference, err = client.Import(ctx, p.env, document, how, w)
		report.Difference.Warnings = nil // said by the findings
		return err
	}
	if err := send(true); err != nil {
		return err
	}
	different := report.Verification != nil && report.Verification.Different > 0
	ask := !p.dryRun && !different && len(report.Difference.Changes) > 0
	if ask && !p.yes {
		if err := report.write(c.ErrOrStderr(), p.env); err != nil {
			return err
		}
		if err := p.confirm(c, "Write it to "+p.env); err != nil {
			return err
		}
	}
	if ask {
		if err := send(false); err != nil {
			return err
		}
		report.brief = !p.yes
	}
	if err := report.print(c, p.output, p.env); err != nil {
		return err
	}
	if different {
		return errReported
	}
	return nil
}

// subjects yields whom to ask for: those of the file, or made-up ones.
func (p *importing) subjects(set *flagset.Set) iter.Seq2[migrate.Subject, error] {
	const usual = 10_000
	n, err := strconv.Atoi(p.actors)
	switch {
	case p.actors == "":
		return migrate.MadeUp(usual, set)
	case err == nil:
		return migrate.MadeUp(n, set)
	}
	return func(yield func(migrate.Subject, error) bool) {
		f, err := os.Open(p.actors)
		if err != nil {
			yield(migrate.Subject{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		none := true
		for s, err := range migrate.ReadSubjects(f) {
			none = false
			if err != nil {
				err = fmt.Errorf("%s: %w", p.actors, err)
			}
			if !yield(s, err) {
				return
			}
		}
		if none {
			yield(migrate.Subject{}, usagef("--actors: there is no actor in %s, so nothing would be verified", p.actors))
		}
	}
}

// renamed reads OLD=NEW.
func renamed(list []string) (map[string]string, error) {
	names := map[string]string{}
	for _, text := range list {
		i := strings.LastIndexByte(text, '=')
		if i < 1 || i == len(text)-1 {
			return nil, usagef("--rename: %q is not OLD=NEW", text)
		}
		names[text[:i]] = text[i+1:]
	}
	return names, nil
}

// reading says on standard error how far a long read is.
func reading(c *cobra.Command) func(migrate.Progress) {
	tell := seldom()
	return func(p migrate.Progress) {
		if tell() {
			text := "reading: %s of %s"
			if p.Again > 0 {
				text += ", again, since the store changed"
			}
			_ = say(c.ErrOrStderr(), text+"\n", count(p.Gates, "gate"), count(p.Flags, "flag")) // the answer is more important
		}
	}
}

// asking says on standard error how far a long comparison is.
func asking(c *cobra.Command) func(int) {
	tell := seldom()
	return func(n int) {
		if tell() {
			_ = say(c.ErrOrStderr(), "comparing: %s\n", count(n, "actor")) // the answer is more important
		}
	}
}

// seldom returns a function that is true every few seconds, and not at once.
func seldom() func() bool {
	const pause = 2 * time.Second
	next := time.Now().Add(pause)
	return func() bool {
		if time.Now().Before(next) {
			return false
		}
		next = time.Now().Add(pause)
		return true
	}
}

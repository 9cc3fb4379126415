package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

func newFollow() *cobra.Command {
	n := new(connection)
	c := &cobra.Command{
		Use:     "follow",
		Short:   "Carry over what changes in another system, for the weeks of moving",
		Example: "  gonfalon follow bandera --from redis://127.0.0.1:6379/0",
	}
	n.register(c)
	n.inEnvironment(c)
	c.AddCommand(newFollowLibrary(n, reference.Bandera), newFollowLibrary(n, reference.FunWithFlags))
	return c
}

// following is what the verbs that follow another system are asked.
type following struct {
	*connection
	changeOptions
	oldStore
	interval time.Duration
	once     bool
	only     []string
	library  reference.Library

	command *cobra.Command // that runs
	client  *apiclient.Client
	source  migrate.Source

	carried   migrate.Forms     // what was carried last
	names     map[string]string // under which other names
	revision  int64             // of the environment at the last look
	last      migrate.Forms     // what the source had at the last look
	conflicts map[string]string // that were told
}

func newFollowLibrary(n *connection, library reference.Library) *cobra.Command {
	p := &following{connection: n, library: library}
	c := &cobra.Command{
		Use:   string(library),
		Short: "Carry over what changes in " + library.Name(),
		Long: `Follow ` + string(library) + ` looks at the store of ` + library.Name() + ` again and again, and carries over what changed
there since gonfalon import ` + string(library) + `, each time as one change of the audit, until you stop it. A flag
that changed on both sides is named, and left as it is until both are the same. What was carried
last is in the audit, so that it can go on later, and on another machine.`,
		Example: "  gonfalon follow " + string(library) + " --from-env OLD_DATABASE --interval 30s\n" +
			"  gonfalon follow " + string(library) + " --from sqlite:app.db --once",
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			p.command, p.client = c, client
			return p.run(ctx)
		}),
	}
	p.changeOptions.register(c)
	p.oldStore.register(c)
	f := c.Flags()
	f.StringVar(&n.env, "into", n.env, "the environment, as --env")
	f.DurationVar(&p.interval, "interval", 10*time.Second, "how long to wait between looks; Redis may tell of a change earlier")
	f.StringSliceVar(&p.only, "only", nil, "only these flags, with the segments and flags that they need (default: all, and new ones)")
	f.BoolVar(&p.once, "once", false, "look once; the exit status is 1 if something conflicts")
	return c
}

// run looks until somebody says stop. A look that fails is told, and made again.
func (p *following) run(ctx context.Context) (err error) {
	if p.interval <= 0 {
		return usagef("--interval: %s is no time to wait", p.interval)
	}
	if p.source, err = p.oldStore.open(p.command, p.library, p.timeout); err != nil {
		return err
	}
	defer func() { _ = p.source.Close() }() // it was only read
	if p.carried, err = p.lastCarried(ctx); err != nil {
		return err
	}
	if err := p.look(ctx); err != nil {
		return err
	}
	switch {
	case !p.once && !p.dryRun:
		return p.keepLooking(ctx)
	case len(p.conflicts) > 0:
		return errReported
	}
	return nil
}

func (p *following) keepLooking(ctx context.Context) error {
	var changes <-chan struct{}
	if notifier, does := p.source.(migrate.Notifier); does {
		changes = notifier.Changes(ctx)
	}
	ticker := time.NewTicker(p.interval)
	defer ticker.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-changes:
		}
		err := p.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil // somebody said stop
		case err == nil:
			told = ""
		case err.Error() != told:
			told = err.Error()
			_ = say(p.command.ErrOrStderr(), "%s it goes on although a look failed: %s\n", when(time.Now()), err) // the next look is more important
		}
	}
}

// look carries over what changed.
func (p *following) look(ctx context.Context) error {
	contents, err := p.source.Read(ctx, nil)
	if err != nil {
		return trouble{err}
	}
	description, err := p.describe(contents)
	if err != nil {
		return err
	}
	there := migrate.FormsOf(&description.Set)
	environment, err := p.client.Environment(ctx, p.env)
	if err != nil {
		return err
	}
	if p.last != nil && environment.Revision == p.revision && maps.Equal(there, p.last) {
		return nil
	}
	have, err := p.everything(ctx, p.client, environment.Revision)
	if err != nil {
		return err
	}
	here := migrate.FormsOf(have)
	for name, form := range there {
		if here[name] == form {
			p.carried[name] = form
		}
	}
	if len(p.carried) == 0 {
		return refusef("nothing was imported from %s into %s yet: see gonfalon import %s --help", p.library.Name(), p.env, p.library)
	}
	step := migrate.Follow(there, here, p.carried)
	if err := p.tell(step); err != nil {
		return err
	}
	revision := environment.Revision
	if len(step.Carry) > 0 {
		if revision, err = p.carry(ctx, environment, step.Take(&description.Set), have, step); err != nil {
			return err
		}
	} else if p.once || p.dryRun {
		if err := say(p.command.OutOrStdout(), "0 changes: %s is like that already, at revision %d\n", p.env, environment.Revision); err != nil {
			return err
		}
	}
	if p.dryRun {
		return nil
	}
	p.last, p.revision = there, revision
	return nil
}

// describe says what the source's flags are here, under the names that an import gave them.
func (p *following) describe(contents migrate.Contents) (migrate.Description, error) {
	d := contents.Rename(p.names).Describe()
	if len(d.Flags) == 0 { // most likely an accident
		return d, refusef("%s has no flags any more: if that is so, disable them here; nothing is carried", p.source)
	}
	if len(p.only) == 0 {
		return d, nil
	}
	var keys []string
	for _, key := range p.only { // of which some may be gone
		if d.Set.Flag(key) != nil {
			keys = append(keys, key)
		}
	}
	d, err := migrate.Only(d, keys)
	for name := range p.carried {
		key, isFlag := strings.CutPrefix(name, "flag/")
		if d.Set.Flag(key) == nil && !(isFlag && slices.Contains(p.only, key)) && d.Set.Segment(strings.TrimPrefix(name, "segment/")) == nil {
			delete(p.carried, name) // it isn't followed
		}
	}
	return d, err
}

// tell names conflicts, each once.
func (p *following) tell(step migrate.Step) error {
	for _, name := range sortedKeys(step.Conflicts) {
		if p.conflicts[name] == step.Conflicts[name] {
			continue
		}
		if err := say(p.command.ErrOrStderr(), "%s conflict: %s: %s. It stays as it is; make both the same, or import it with --only\n", when(time.Now()), name, step.Conflicts[name]); err != nil {
			return err
		}
	}
	p.conflicts = step.Conflicts
	return nil
}

// carry stores what changed in the source, if nothing changed here meanwhile.
func (p *following) carry(ctx context.Context, e api.Environment, part, have *flagset.Set, step migrate.Step) (int64, error) {
	set, err := migrate.Merge(part, have)
	if err != nil {
		return 0, refusal{err}
	}
	set.Settings = have.Settings // a setting isn't a change of one flag
	document, err := set.MarshalJSON()
	if err != nil {
		return 0, err
	}
	w := p.options()
	w.IfMatch, w.Reason = wholeVersion(e), movedReason(w.Reason, p.source.String(), p.names)
	d, err := p.client.Import(ctx, p.env, document, api.Import{Tolerant: true}, w)
	var refused *apiclient.Error
	if errors.As(err, &refused) && refused.Status == http.StatusPreconditionFailed && !p.once {
		return 0, nil // the next look sees both
	}
	if err != nil {
		return 0, err
	}
	if !p.dryRun {
		for name, form := range migrate.FormsOf(set) {
			p.carried[name] = form
		}
	}
	if err := say(p.command.OutOrStdout(), "%s %s\n", when(time.Now()), strings.Join(step.Carry, ", ")); err != nil {
		return 0, err
	}
	return d.Revision, sayChanges(p.command.OutOrStdout(), p.env, d)
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func newFlagsEdit(n *connection) *cobra.Command {
	p := &flagVerb{connection: n}
	c := &cobra.Command{
		Use:   "edit FLAG",
		Short: "Change a flag as text in your editor",
		Long: `Edit opens a flag as YAML in the editor that VISUAL or EDITOR names, and stores what you save. If that is refused,
the editor opens again with the problems above. If somebody changes the flag meanwhile, nothing is stored.
What you wrote is never lost: a file keeps it until it is stored.`,
		Example: "  gonfalon flags edit new_checkout --preview",
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, args []string) error {
		now, err := client.Flag(ctx, n.env, args[0])
		if err != nil {
			return err
		}
		warnOlder(c, now.Unknown)
		text, err := flagset.MarshalYAML(&flagset.Set{Flags: []flagset.Flag{now.Flag}})
		if err != nil {
			return err
		}
		return p.edit(ctx, c, client, now, text)
	})
	p.register(c)
	p.references(c)
	return c
}

// edit lets a person edit a flag until it can be stored, or nothing changes.
func (p *flagVerb) edit(ctx context.Context, c *cobra.Command, client *apiclient.Client, now api.Flag, text []byte) (err error) {
	dir, err := os.MkdirTemp("", "gonfalon-")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "flag.yaml")
	var shown []byte
	defer func() {
		if saved, _ := os.ReadFile(path); err == nil || bytes.Equal(saved, shown) {
			os.RemoveAll(dir)
			return
		}
		err = fmt.Errorf("%w\nwhat you wrote is in %s", err, path)
	}()
	shown = append([]byte(fmt.Sprintf("# %s in %s, version %s. An unchanged file changes nothing.\n", visible(now.Key), visible(p.env), visible(now.Version))), text...)
	for {
		if err := os.WriteFile(path, shown, 0o600); err != nil {
			return err
		}
		if err := openEditor(ctx, c, path); err != nil {
			return err
		}
		saved, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Equal(saved, shown) {
			return say(c.OutOrStdout(), "nothing was changed\n")
		}
		refused := p.store(ctx, c, client, now, saved)
		if refused == nil || !onTerminal(c) || !mendable(refused) {
			return refused
		}
		shown = append(commented(refused), saved...)
		if err := say(c.ErrOrStderr(), "%s\n", refused); err != nil {
			return err
		}
		if err := (&asked{}).confirm(c, "Edit "+now.Key+" of "+p.env+" again"); err != nil {
			return refused
		}
	}
}

// store stores what was saved.
func (p *flagVerb) store(ctx context.Context, c *cobra.Command, client *apiclient.Client, now api.Flag, saved []byte) error {
	document := flagset.ReadDocument(saved)
	set := document.Set
	switch problems := flagset.Errors(document.Problems); {
	case len(set.Flags) == 1 && len(problems) > 0 && !allMissing(problems):
		return &flagset.InvalidError{Problems: problems}
	case len(set.Flags) != 1 || len(set.Segments) > 0:
		return refusef("it must be one flag, and has %s and %s", count(len(set.Flags), "flag"), count(len(set.Segments), "segment"))
	case set.Flags[0].Key != now.Key:
		return refusef("the key can't be changed: gonfalon flags copy %s %s makes another flag", now.Key, set.Flags[0].Key)
	}
	f := set.Flags[0]
	return p.change(ctx, c, client, f.Key, flagChange{
		apply: func(flagset.Flag) (flagset.Flag, []flagset.Problem) { return f, nil },
		send: func(w apiclient.WriteOptions) (api.Flag, error) {
			if w.IfMatch == "" {
				w.IfMatch = now.Version
			}
			return client.PutFlag(ctx, p.env, f, w)
		},
	})
}

// allMissing reports whether the problems are only about what the file alone can't have: other flags and segments.
func allMissing(problems []flagset.Problem) bool {
	for _, p := range problems {
		if !p.Missing {
			return false
		}
	}
	return true
}

// mendable reports whether another try in the editor can help.
func mendable(err error) bool {
	var invalid *flagset.InvalidError
	var refused *apiclient.Error
	var no refusal
	return errors.As(err, &invalid) || errors.As(err, &no) || errors.As(err, &refused) && (refused.Status == 400 || refused.Status == 422)
}

// commented returns an error as comments of YAML.
func commented(err error) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(visibleLines(err.Error())) {
		fmt.Fprintf(&b, "# %s\n", strings.TrimRight(line, "\n"))
	}
	return b.Bytes()
}

// openEditor opens a file in the person's editor, and waits for its end.
func openEditor(ctx context.Context, c *cobra.Command, path string) error {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
		if runtime.GOOS == "windows" {
			editor = "notepad"
		}
	}
	words := strings.Fields(editor) // such as "code --wait"
	command := exec.CommandContext(ctx, words[0], append(words[1:], path)...)
	command.Stdin, command.Stdout, command.Stderr = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
	if f := fileOf(c.OutOrStdout()); f != nil { // which may be a terminal
		command.Stdout = f
	}
	if err := command.Run(); err != nil {
		return fmt.Errorf("the editor %q (VISUAL, EDITOR): %w", editor, err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr) }()
	code := exitTrouble
	select {
	case code = <-ended:
	case <-endless(ctx, os.Args[1:]):
		fmt.Fprintln(os.Stderr, "gonfalon: interrupted")
	}
	stop()
	os.Exit(code)
}

// interruptPatience is how long a verb may take to end after Ctrl-C: longer than any has work to finish.
const interruptPatience = 5 * time.Second

// endless is told when a verb that was interrupted doesn't end: nothing can end opening a pipe that nobody has at its other end.
// serve has a time of its own, which --grace says.
func endless(ctx context.Context, args []string) <-chan struct{} {
	told := make(chan struct{})
	if c, _, err := newRoot().Find(args); err == nil && c.Name() == "serve" {
		return told
	}
	context.AfterFunc(ctx, func() { time.AfterFunc(interruptPatience, func() { close(told) }) })
	return told
}

// run is the command as a function, for tests.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &standardOutput{to: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	checkHelp(root) // which takes the output as it is now
	err := root.ExecuteContext(ctx)
	if out.failed != nil && (err == nil || errors.Is(err, errReported)) {
		err = trouble{out.failed} // cobra says nothing of what it can't print, and half an answer is none
	}
	if err != nil && !errors.Is(err, errReported) {
		const name = "gonfalon:"
		text := folded(stderr, name+" "+visibleLines(strings.TrimPrefix(err.Error(), "apiclient: ")))
		if coloured(stderr) { // once it is folded, since colours take no place
			text = painted(name, color.FgRed) + strings.TrimPrefix(text, name)
		}
		fmt.Fprintln(stderr, text)
	}
	return status(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gonfalon",
		Short: "Feature flags that evaluate identically everywhere",
		Long: `Gonfalon stores feature flags in a control plane, and evaluates them in every program with the
same small engine.

You can give a setting as an option, as an environment variable (--data-dir is GONFALON_DATA_DIR) or
in the file that --config names. An option overrides the variable, which overrides the file.

The exit status is 0 if the command did what you asked, 1 if something differs or was refused,
and 2 if something else is wrong, such as the command line or the connection.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
	}
	root.PersistentFlags().String("config", "", "read settings from this YAML file")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return settle(c, c.Flags()) }
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageOf(c, err)
	})
	root.AddGroup(
		&cobra.Group{ID: "server", Title: "Run the control plane:"},
		&cobra.Group{ID: "offline", Title: "Without a server:"},
		&cobra.Group{ID: "admin", Title: "Ask and change a control plane:"},
	)
	group(root, "server", newServe(), newReload(), newBackup(), newRestore(), newCheck(), newTokens())
	group(root, "admin", newLogin(), newLogout(), newServers(), newFlags(), newSegments(), newEnvs(), newExplain(), newAudit(), newWatch(), newHosts(), newStatus(), newApply(), newImport(), newFollow(), newExport(), newDiff(), newStale(), newWebhooks(), newDashboard())
	group(root, "offline", newLint(), newGenerate(), newCompile(), newEval(), newConformance(), newModule(), newVersion())
	fitHelp(root)
	completions(root)
	strict(root)
	return root
}

// group adds commands under one heading of the help.
func group(root *cobra.Command, id string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = id
		root.AddCommand(c)
	}
}

// strict makes a usage error of an argument that a command doesn't take, and of a number that makes no sense. A command
// that only has others shows its help.
func strict(c *cobra.Command) {
	numbers(c)
	limited(c)
	if c.RunE == nil {
		c.Args, c.RunE = noVerb, func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	if check := c.Args; check == nil {
		c.Args = refuseEmpty
	} else {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if _, said := errors.AsType[usageError](err); said {
				return err
			}
			if err != nil {
				return usagef("%w\nusage: %s", err, c.UseLine())
			}
			return refuseEmpty(c, args)
		}
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}

// checkHelp makes a usage error of a verb that help and completion don't know. Cobra shows the help of what is above it.
func checkHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			show := c.Run
			c.Run, c.RunE = nil, func(c *cobra.Command, args []string) error {
				if about, rest, err := root.Find(args); err == nil && len(rest) > 0 {
					return noVerb(about, rest)
				}
				show(c, args)
				return nil
			}
		case "completion":
			c.Args, c.RunE = noVerb, func(c *cobra.Command, _ []string) error { return c.Help() }
			for _, shell := range c.Commands() {
				if shell.Name() == "fish" {
					shell.RunE = completeFish
				}
			}
		}
	}
}

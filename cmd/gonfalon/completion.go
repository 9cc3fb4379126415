package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// patience bounds how long a shell waits for names from the control plane.
const patience = 2 * time.Second

// names are what a word of a command line may be, from a control plane or without one.
type names func(ctx context.Context, n *connection, client *apiclient.Client) ([]string, error)

// argumentNames are the names that arguments stand for, by their word in a verb's use.
var argumentNames = map[string]names{
	"FLAG": func(ctx context.Context, n *connection, c *apiclient.Client) ([]string, error) {
		return n.flagKeys(ctx, c)
	},
	"SEGMENT": func(ctx context.Context, n *connection, c *apiclient.Client) ([]string, error) {
		return n.segmentKeys(ctx, c)
	},
	"ENVIRONMENT": environmentNames,
	"FROM":        environmentNames,
	"TO":          environmentNames,
}

// optionNames are the names that the values of options stand for.
var optionNames = map[string]names{
	"env":          environmentNames,
	"to":           environmentNames,
	"segment":      argumentNames["SEGMENT"],
	"requires":     argumentNames["FLAG"],
	"requires-off": argumentNames["FLAG"],
	"flag":         argumentNames["FLAG"],
}

// optionWords are the values that options take.
var optionWords = map[string][]string{
	"role":       {string(api.RoleAdmin), string(api.RoleEditor), string(api.RoleViewer), string(api.RoleSDK), string(api.RoleClient)},
	"state":      {string(api.StateOn), string(api.StateOff), string(api.StatePartial), string(api.StateKilled)},
	"log-format": {"text", "json"},

	"group-conflict": {string(flagset.DenyWins), string(flagset.AllowWins)},
}

func environmentNames(ctx context.Context, n *connection, c *apiclient.Client) ([]string, error) {
	return n.environments(ctx, c)
}

// completeFish writes the script for fish. Cobra's gives fish the words of a command line to run without their quotes, so that a
// name such as a;b, which somebody else may have chosen, would run b.
func completeFish(c *cobra.Command, _ []string) error {
	bare, err := c.Flags().GetBool("no-descriptions")
	if err != nil {
		return err
	}
	var script bytes.Buffer
	if err := c.Root().GenFishCompletion(&script, !bare); err != nil {
		return err
	}
	const unquoted = `"GONFALON_ACTIVE_HELP=0 $args[1] __complete $args[2..-1] $lastArg"`
	if !bytes.Contains(script.Bytes(), []byte(unquoted)) {
		return errors.New("cobra's script for fish is another one now: does it quote words?")
	}
	quoted := strings.Replace(script.String(), unquoted, `GONFALON_ACTIVE_HELP=0 (string escape -- $args[1]) __complete (string escape -- $args[2..-1]) $lastArg`, 1)
	_, err = io.WriteString(c.OutOrStdout(), quoted)
	return err
}

// completeServer completes the name of a known server.
func completeServer(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	book, err := openServerBook()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return book.names(), cobra.ShellCompDirectiveNoFileComp
}

// completions lets a shell complete the names of everything below a command: those that arguments and options stand for.
func completions(c *cobra.Command) {
	var arguments []names
	for _, name := range argumentsOf(c) {
		arguments = append(arguments, argumentNames[name])
	}
	if slices.ContainsFunc(arguments, func(find names) bool { return find != nil }) {
		c.ValidArgsFunction = completeArguments(arguments, slices.IndexFunc(strings.Fields(c.Use)[1:], func(word string) bool { return strings.Contains(word, "…") }))
	}
	if names := argumentsOf(c); len(names) > 0 && names[0] == "SERVER" {
		c.ValidArgsFunction = completeServer
	}
	if c.PersistentFlags().Lookup("server") != nil {
		_ = c.RegisterFlagCompletionFunc("server", completeServer) // fails only for an option that has one
	}
	for option, words := range optionWords {
		if c.Flags().Lookup(option) != nil {
			complete(c, option, words...)
		}
	}
	for option, find := range optionNames {
		if c.Flags().Lookup(option) != nil || c.PersistentFlags().Lookup(option) != nil {
			_ = c.RegisterFlagCompletionFunc(option, completeName(find)) // fails only for an option that has one
		}
	}
	if c.Flags().Lookup("when") != nil {
		_ = c.RegisterFlagCompletionFunc("when", completeConstraint)
	}
	for _, sub := range c.Commands() {
		completions(sub)
	}
}

// completeArguments returns a function that completes arguments, each by its place. The one at the place
// repeated may be repeated; < 0: none.
func completeArguments(by []names, repeated int) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		place := len(args)
		if repeated >= 0 {
			place = min(place, repeated)
		}
		if place >= len(by) || by[place] == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completeName(by[place])(c, args, begun)
	}
}

// completeName returns a function that completes one name.
func completeName(find names) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		found, err := askNames(c, find)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var fitting []string
		for _, name := range found {
			// Zsh would drop a backslash, and complete another name.
			if strings.HasPrefix(name, begun) && visible(name) == name && !strings.Contains(name, `\`) {
				fitting = append(fitting, name)
			}
		}
		return fitting, cobra.ShellCompDirectiveNoFileComp
	}
}

// askNames asks the control plane that the command line says for names.
func askNames(c *cobra.Command, find names) ([]string, error) {
	if err := settle(c, c.Flags()); err != nil {
		return nil, err
	}
	n := connectionOf(c.Flags())
	client, err := n.open()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	return find(ctx, n, client)
}

// connectionOf returns the connection that a command line says.
func connectionOf(flags *pflag.FlagSet) *connection {
	n := &connection{timeout: patience}
	for name, value := range map[string]*string{
		"endpoint": &n.endpoint, "token": &n.token, "server": &n.server, "env": &n.env, "ca-cert": &n.ca, "client-cert": &n.cert, "client-key": &n.key,
	} {
		if f := flags.Lookup(name); f != nil {
			*value = f.Value.String()
			n.where = append(n.where, f)
		}
	}
	return n
}

// completeConstraint completes a constraint such as "plan in [\"pro\"]": after an attribute come the operators.
func completeConstraint(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	attribute, operator, found := strings.Cut(begun, " ")
	if !found || strings.Contains(operator, " ") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var fitting []string
	for _, name := range flagset.Operators() {
		if strings.HasPrefix(name, operator) {
			fitting = append(fitting, attribute+" "+name)
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

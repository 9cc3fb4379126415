package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageOf returns the error of a command line whose options make no sense, with what may have been meant.
func usageOf(c *cobra.Command, err error) error {
	if c.HasSubCommands() && len(c.Flags().Args()) > 0 { // an unknown verb, whose options nobody knows
		return noVerb(c, c.Flags().Args())
	}
	hint := ""
	if unknown, is := errors.AsType[*pflag.NotExistError](err); is {
		name := unknown.GetSpecifiedName()
		if near := nearest(name, optionsOf(c)); near != "" {
			hint = "\ndid you mean --" + near + "?"
		} else {
			hint = " (a key that begins with a dash follows --)"
		}
	}
	return usagef("%w%s\nsee '%s --help'", err, hint, c.CommandPath())
}

// optionsOf lists the options that a command takes.
func optionsOf(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// noVerb refuses arguments of a command that only has others, with the verb that may have been meant.
func noVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			known = append(append(known, sub.Name()), sub.Aliases...)
		}
	}
	return usagef("unknown command %q for %q%s\nsee '%s --help'", args[0], c.CommandPath(), meant(args[0], known), c.CommandPath())
}

// word is the value of an option that takes one of a few words.
type word struct {
	pflag.Value
	known []string
}

// Set takes one of the words.
func (w word) Set(text string) error {
	if slices.Contains(w.known, text) {
		return w.Value.Set(text)
	}
	return errors.New("it is one of " + strings.Join(w.known, ", ") + meant(text, w.known))
}

// limited checks the words that a command's options take, as optionWords has them.
func limited(c *cobra.Command) {
	for option, known := range optionWords {
		if f := c.Flags().Lookup(option); f != nil {
			f.Value = word{f.Value, known}
		}
	}
}

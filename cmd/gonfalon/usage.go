package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
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

// members are the options that say what a member of a request does, where the two have different names.
var members = map[string][]string{
	"for_actor":                {"actor"},
	"for_group":                {"group"},
	"for_segment":              {"segment"},
	"for_percentage_of/actors": {"percentage-of-actors"},
	"for_percentage_of/time":   {"percentage-of-time"},
	"requires":                 {"requires", "requires-off"},
	"schedule/from":            {"from"},
	"schedule/until":           {"until"},
	"settings/group_conflict":  {"group-conflict"},
	"tags":                     {"tag"},
	"environments":             {"env"},
	"time":                     {"at"},
}

// typedFor returns what of the command line a member of a request is from, such as "--owner" or "URL"; "" if it is from none. detail
// says what is wrong with it.
func typedFor(c *cobra.Command, member, detail string) string {
	member = strings.TrimPrefix(member, "/")
	head, rest, _ := strings.Cut(member, "/")
	if head == "gates" && strings.HasSuffix(rest, "/target") { // of the gate that a scope stands for, or of one that was there
		for _, option := range []string{"requires", "requires-off", "segment"} {
			if f := c.Flags().Lookup(option); f != nil && f.Changed && (!strings.Contains(detail, `"`) || strings.Contains(detail, strconv.Quote(f.Value.String()))) {
				return "--" + option
			}
		}
		return ""
	}
	if f := c.Flags().Lookup("when"); head == "when" && f != nil && f.Changed {
		number, _, _ := strings.Cut(rest, "/")
		list, _ := f.Value.(pflag.SliceValue)
		if i, err := strconv.Atoi(number); err == nil && list != nil && i < len(list.GetSlice()) {
			return "--when " + strconv.Quote(list.GetSlice()[i])
		}
	}
	options := append(append(members[member], members[head]...), strings.ReplaceAll(head, "_", "-"))
	for _, option := range options {
		if f := c.Flags().Lookup(option); f != nil && f.Changed {
			return "--" + option
		}
	}
	arguments := argumentsOf(c)
	if rest, variant := strings.CutPrefix(member, "variants/"); variant && c.Name() == "variants" { // each is an argument, after the flag
		number, _, _ := strings.Cut(rest, "/")
		if i, err := strconv.Atoi(number); err == nil && i+1 < len(c.Flags().Args()) {
			return strconv.Quote(c.Flags().Arg(i + 1))
		}
	}
	if head == "key" && len(arguments) > 0 { // of the last thing that is named
		return arguments[len(arguments)-1]
	}
	if argument := strings.ToUpper(head); slices.Contains(arguments, argument) {
		return argument
	}
	return ""
}

// inOptions says of problems of a request, which no file has, what of the command line they are about.
func inOptions(c *cobra.Command, problems []api.Problem) {
	for i, p := range problems {
		if p.File != "" || p.Line > 0 || p.Flag != "" || p.Segment != "" {
			continue
		}
		switch from := typedFor(c, p.Pointer+p.Parameter, p.Detail); {
		case from == "":
		case p.Parameter != "":
			problems[i].Parameter = from
		default:
			problems[i].Pointer = from
		}
	}
}

// refuseEmpty refuses an argument that is empty: it is a variable that a script didn't set.
func refuseEmpty(c *cobra.Command, args []string) error {
	i := slices.Index(args, "")
	if i < 0 {
		return nil
	}
	is := "an argument"
	if names := argumentsOf(c); i < len(names) && names[i] != "" {
		is = names[i]
	}
	return usagef("%s is empty\nusage: %s", is, c.UseLine())
}

// argumentsOf returns the names of a verb's arguments, such as FLAG.
func argumentsOf(c *cobra.Command) []string {
	names := strings.Fields(c.Use)[1:]
	for i, name := range names {
		names[i] = strings.Trim(name, "[]…")
	}
	return names
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

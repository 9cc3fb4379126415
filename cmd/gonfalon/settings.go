package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// Annotations of a flag.
const (
	isSetting = "gonfalon_setting" // the environment and the file can give it too
	isSecret  = "gonfalon_secret"  // never shown
	origin    = "gonfalon_origin"  // where its value is from, if not from the command line
)

// settle gives every setting of a command that was not on its command line the value from the environment or the file,
// if they have one. The flag's own type reads the text, so that a value is checked in the same way wherever it comes from.
func settle(c *cobra.Command, flags *pflag.FlagSet) error {
	file, err := readSettings(c)
	if err != nil {
		return err
	}
	var wrong []error
	flags.VisitAll(func(f *pflag.Flag) {
		text, inFile := file[f.Name]
		if f.Changed || f.Annotations[isSetting] == nil {
			return
		}
		from, place := "file", "the file's "+f.Name
		if env, ok := os.LookupEnv(environmentName(f.Name)); ok {
			text, from, place = env, "environment", environmentName(f.Name)
		} else if !inFile {
			return
		}
		if err := f.Value.Set(text); err != nil {
			wrong = append(wrong, usagef("%s: %q is not valid for --%s: %w", place, shown(f, text), f.Name, err))
		}
		annotate(f, origin, from)
	})
	var known []string
	if len(file) > 0 {
		known = settingNames(c.Root())
	}
	for _, name := range slices.Sorted(maps.Keys(file)) {
		if !slices.Contains(known, name) {
			wrong = append(wrong, usagef("settings: %s has %q, which is not a setting%s", settingsFile(c), name, meant(name, known)))
		}
	}
	return errors.Join(wrong...)
}

// environmentName of a flag: --data-dir is GONFALON_DATA_DIR.
func environmentName(name string) string {
	return "GONFALON_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// mistyped returns variables of an environment that are no setting of any command, and the one of c that each is nearly. Others have
// variables with our prefix, too: Kubernetes makes some for every service that is called gonfalon.
func mistyped(c *cobra.Command, environment []string) map[string]string {
	var own []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[isSetting] != nil {
			own = append(own, environmentName(f.Name))
		}
	})
	all := settingNames(c.Root())
	found := map[string]string{}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		short, ours := strings.CutPrefix(name, environmentName(""))
		if !ours || strings.Contains(name+"_", "_PORT_") || slices.ContainsFunc(all, func(setting string) bool { return environmentName(setting) == name }) {
			continue
		}
		for _, setting := range own {
			if nearest(short, []string{strings.TrimPrefix(setting, environmentName(""))}) != "" {
				found[name] = setting
			}
		}
	}
	return found
}

// settingsFile returns the path of the file of settings; "" if there is none.
func settingsFile(c *cobra.Command) string {
	path, _ := c.Flags().GetString("config")
	return cmp.Or(path, os.Getenv("GONFALON_CONFIG"))
}

// readSettings reads the file that --config or GONFALON_CONFIG names: a mapping of flag names. Lists become the
// form that the command line has.
func readSettings(c *cobra.Command) (map[string]string, error) {
	path := settingsFile(c)
	if path == "" {
		return nil, nil
	}
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	text, problem := inUTF8(text)
	if problem != nil {
		return nil, usagef("settings: %s: %s", path, *problem)
	}
	var entries map[string]yaml.Node
	if err := yaml.Unmarshal(text, &entries); err != nil {
		return nil, usagef("settings: %s: %w", path, inYAML(err))
	}
	settings := make(map[string]string, len(entries))
	for name, node := range entries {
		var list []string
		switch {
		case node.Kind == yaml.ScalarNode:
			settings[name] = node.Value
		case node.Kind == yaml.SequenceNode && node.Decode(&list) == nil:
			settings[name] = strings.Join(list, ",")
		default:
			return nil, usagef("settings: %s, line %d: %s is neither a value nor a list", path, node.Line, name)
		}
	}
	return settings, nil
}

// settingNames lists the settings of all commands: one file serves all of them.
func settingNames(c *cobra.Command) (names []string) {
	for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Annotations[isSetting] != nil {
				names = append(names, f.Name)
			}
		})
	}
	for _, sub := range c.Commands() {
		names = append(names, settingNames(sub)...)
	}
	return names
}

// printSettings writes the settings that hold, as a file that --config reads, each with where it is from.
func printSettings(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[isSetting] == nil {
			return
		}
		from := "default"
		if f.Annotations[origin] != nil {
			from = f.Annotations[origin][0]
		} else if f.Changed {
			from = "flag"
		}
		value := yaml.Node{Kind: yaml.ScalarNode, Value: shown(f, f.Value.String())}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			value = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, item := range list.GetSlice() {
				value.Content = append(value.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: item})
			}
		} else if value.Value == "" {
			value.Style = yaml.DoubleQuotedStyle
		}
		value.LineComment = from
		line, err := yaml.Marshal(map[string]*yaml.Node{f.Name: &value})
		if err == nil { // a scalar or a list of them always has a form
			fmt.Fprint(c.OutOrStdout(), string(line))
		}
	})
}

// shown is a value as it may be shown.
func shown(f *pflag.Flag, text string) string {
	if f.Annotations[isSecret] != nil && text != "" {
		return "(set)"
	}
	return text
}

// settings marks flags as such.
func settings(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) { annotate(f, isSetting, "") })
}

func annotate(f *pflag.Flag, annotation, value string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[annotation] = []string{value}
}

// goType is how the reader of YAML says what it wanted.
var goType = regexp.MustCompile(`cannot unmarshal (!!\S+)( .*)? into .*`)

// inYAML returns the error of a file that somebody wrote, without Go's types.
func inYAML(err error) error {
	wrong, is := errors.AsType[*yaml.TypeError](err)
	if !is {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	lines := make([]string, len(wrong.Errors))
	for i, line := range wrong.Errors {
		lines[i] = goType.ReplaceAllString(line, "$1$2 is out of place here")
	}
	return errors.New(strings.Join(lines, "\n"))
}

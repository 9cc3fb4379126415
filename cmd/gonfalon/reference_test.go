package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pages are those about the command line, by their names.
var pages = map[string]func() string{
	"cli.md":      commandPage,
	"settings.md": settingPage,
}

// TestReference compares the pages about verbs and settings with those that there are.
func TestReference(t *testing.T) {
	write := flag.Lookup("update").Value.String() == "true"
	for name, page := range pages {
		path := "../../docs/reference/" + name
		old, err := os.ReadFile(path)
		if text := page(); text != string(old) && write {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if text != string(old) {
			t.Errorf("docs/reference/%s isn't as the command line is (%v): make golden", name, err)
		}
	}
}

// cell is a text in a table of Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}

func commandPage() string {
	var b strings.Builder
	b.WriteString("# The command line\n\nEvery verb of `gonfalon`, as `gonfalon help VERB` tells it. `make golden` writes this page.\n\n" +
		"The exit status is 0 if a verb did what was asked, 1 if something differs or was refused, and 2 if something else is wrong.\n" +
		"`gonfalon completion bash|zsh|fish` writes what lets a shell complete verbs and names.\n\n" +
		"Those options marked * can also be given as an environment variable (`--timeout` is `GONFALON_TIMEOUT`) or in the YAML file that `--config`\n" +
		"(`GONFALON_CONFIG`) names. An option overrides the variable, which overrides the file.\n")
	root := newRoot()
	root.InitDefaultHelpCmd()
	walk(root, func(name string, c *cobra.Command) {
		if name == "help" || strings.HasPrefix(name, "completion") || c.Hidden {
			return
		}
		fmt.Fprintf(&b, "\n%s `gonfalon %s`\n\n", strings.Repeat("#", 2+strings.Count(name, " ")), name)
		about := c.Long
		if about == "" {
			about = c.Short + "."
		}
		b.WriteString(about + "\n")
		if onlyGroups(c) {
			if c.HasAvailableLocalFlags() {
				b.WriteString("\nEach of its verbs takes these options besides its own:\n")
				options(&b, c.NonInheritedFlags(), "option")
			}
			return
		}
		fmt.Fprintf(&b, "\n```\n%s\n```\n", c.UseLine())
		for line := range strings.Lines(c.Example) {
			fmt.Fprintf(&b, "\n    %s\n", strings.TrimSpace(line))
		}
		options(&b, c.NonInheritedFlags(), "option")
	})
	return b.String()
}

// options writes a table of options.
func options(b *strings.Builder, flags *pflag.FlagSet, what string) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, "\n| %s | | default |\n|---|---|---|\n", what)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		short := ""
		if f.Shorthand != "" {
			short = "`-" + f.Shorthand + "`, "
		}
		usual := f.DefValue
		if usual == "[]" || usual == "false" || usual == "" {
			usual = ""
		} else {
			usual = "`" + usual + "`"
		}
		star := ""
		if f.Annotations[isSetting] != nil {
			star = " *"
		}
		fmt.Fprintf(b, "| %s`--%s`%s | %s | %s |\n", short, f.Name, star, cell(f.Usage), cell(usual))
	})
}

func settingPage() string {
	var b strings.Builder
	b.WriteString("# The server's settings\n\nEach is an option of `gonfalon serve`, an environment variable, or a line of the file that `--config` names: `--data-dir` is\n" +
		"`GONFALON_DATA_DIR` and `data-dir:`. An option overrides the variable, which overrides the file. Those that can change while the\n" +
		"server runs are read again by `gonfalon reload` or SIGHUP. A line that is no setting ends the start, and a variable that is nearly one is\n" +
		"warned of. `make golden` writes this page.\n\n" +
		"| setting | variable | | default | while it runs |\n|---|---|---|---|---|\n")
	newServe().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[isSetting] == nil {
			return
		}
		usual := f.DefValue
		if usual == "[]" {
			usual = ""
		}
		if usual != "" {
			usual = "`" + usual + "`"
		}
		live := "at the next start"
		if f.Annotations[isLive] != nil {
			live = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", f.Name, environmentName(f.Name), cell(f.Usage), cell(usual), live)
	})
	return b.String()
}

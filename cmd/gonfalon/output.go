package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// output is the form in which a verb prints what it is about: the flag -o.
type output struct{ form string }

// forms that -o takes.
var forms = []string{"text", "wide", "json", "yaml", "name"}

func (o *output) register(c *cobra.Command) {
	o.form = forms[0]
	c.Flags().VarP(o, "output", "o", "how to print: "+strings.Join(forms, ", "))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that isn't there
}

// String, Set and Type make a flag's value of it.
func (o *output) String() string { return o.form }

// Set takes one of the forms.
func (o *output) Set(form string) error {
	if !slices.Contains(forms, form) {
		return fmt.Errorf("it is one of %s", strings.Join(forms, ", "))
	}
	o.form = form
	return nil
}

// Type names the value in the help.
func (o *output) Type() string { return "form" }

// noun is what a verb prints, in every form.
type noun struct {
	env      string   // names the environment in json and yaml, where the document doesn't; "" adds nothing
	document any      // json and yaml: the API's document
	names    []string // name: one a line
	header   []string // of the table
	rows     [][]string
	narrow   int                   // the table has so many columns unless it is wide; 0: all
	text     func(io.Writer) error // nil: the table
	set      *flagset.Set          // yaml of flags and segments is the form that files have; nil: the document
	note     string                // a comment above that
	summary  string                // a line below the table
}

// print writes the noun in the form that was asked for.
func (o *output) print(c *cobra.Command, n noun) error {
	w := c.OutOrStdout()
	switch o.form {
	case "json":
		data, err := n.json()
		if err == nil {
			_, err = w.Write(append(data, '\n'))
		}
		return err
	case "yaml":
		return n.writeYAML(w)
	case "name":
		for _, name := range n.names {
			if err := say(w, "%s\n", name); err != nil {
				return err
			}
		}
		return nil
	case "wide":
		n.narrow = len(n.header)
	default:
		if n.text != nil {
			return n.text(w)
		}
	}
	rows := append([][]string{n.header}, n.rows...)
	if n.narrow > 0 {
		for i := range rows {
			rows[i] = rows[i][:min(n.narrow, len(rows[i]))]
		}
	}
	if err := table(w, rows...); err != nil || n.summary == "" {
		return err
	}
	return say(w, "%s\n", n.summary)
}

// json returns the document, with the environment as its first member.
func (n noun) json() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(n.document); err != nil {
		return nil, err
	}
	data := bytes.TrimSpace(b.Bytes())
	if n.env != "" && bytes.HasPrefix(data, []byte("{")) {
		name, err := json.Marshal(n.env)
		if err != nil {
			return nil, err
		}
		rest := bytes.TrimPrefix(data, []byte("{"))
		if !bytes.HasPrefix(rest, []byte("}")) {
			rest = append([]byte{','}, rest...)
		}
		data = slices.Concat([]byte(`{"environment":`), name, rest)
	}
	return escaped(data), nil
}

// escaped writes the characters that a terminal obeys as JSON's escapes. Outside of strings, JSON has only the last line end.
func escaped(data []byte) []byte {
	if bytes.IndexFunc(data, obeyed) < 0 {
		return data
	}
	var out []byte
	for _, r := range string(data) {
		if obeyed(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func (n noun) writeYAML(w io.Writer) error {
	if n.set != nil {
		return n.writeFile(w)
	}
	data, err := n.json()
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return err
	}
	plain(&node)
	return yaml.NewEncoder(w).Encode(&node)
}

// plain drops JSON's brackets and quotes: JSON is YAML already, but not as people write it.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, part := range n.Content {
		plain(part)
	}
}

// writeFile writes flags or segments as flags.yaml has them, so that put and import read what get and list print. Settings are
// the environment's, and are left out.
func (n noun) writeFile(w io.Writer) error {
	text, err := flagset.MarshalYAML(n.set)
	if err != nil {
		return err
	}
	if err := say(w, "# %s\n", n.note); err != nil {
		return err
	}
	section := "flags:"
	if len(n.set.Flags) == 0 {
		section = "segments:"
	}
	_, rest, _ := strings.Cut(string(text), "\n"+section)
	_, err = io.WriteString(w, section+rest)
	return err
}

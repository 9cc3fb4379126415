package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// standardOutput remembers the first failure, which cobra drops.
type standardOutput struct {
	to     io.Writer
	failed error
}

// Write writes. What follows a failure is lost as well, so that no answer has a gap.
func (w *standardOutput) Write(p []byte) (n int, err error) {
	if w.failed == nil {
		n, w.failed = w.to.Write(p)
	}
	return n, w.failed
}

// fileOf returns the file that something is written to; nil if it is none.
func fileOf(w io.Writer) *os.File {
	if out, is := w.(*standardOutput); is {
		w = out.to
	}
	f, _ := w.(*os.File)
	return f
}

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
		return fmt.Errorf("it is one of %s%s", strings.Join(forms, ", "), meant(form, forms))
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
	section  string                // of that form: "flags" or "segments"
	note     string                // a comment above that
	summary  string                // a line below the table
	remarks  []string              // lines below that
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
	most := width(w)
	if o.form == "wide" {
		most = 0 // whoever asks for everything gets it
	}
	if err := tableIn(w, most, rows...); err != nil || n.summary == "" {
		return err
	}
	for _, line := range append([]string{n.summary}, n.remarks...) {
		if err := sayFolded(w, line); err != nil {
			return err
		}
	}
	return nil
}

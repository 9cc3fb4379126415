package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

// imported is what an import from another system did, or would do.
type imported struct {
	Source       string                `json:"source"`
	Description  migrate.Description   `json:"found"`
	Renames      []rename              `json:"renames,omitempty"`
	Verification *migrate.Verification `json:"verification,omitempty"`
	Difference   api.Difference        `json:"difference"`

	names map[string]string // other keys, by the names in the source
	brief bool              // a person has read the rest already
}

// rename is another key for a flag, with how many actors it moves.
type rename struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Done  bool   `json:"done"`
	Moved int    `json:"moved"`
	Asked int    `json:"asked"`
}

// print prints the report in the form that was asked for.
func (r *imported) print(c *cobra.Command, o output, env string) error {
	n := noun{env: env, document: r, header: []string{"EFFECT", "FLAG", "GATE", "WHAT", "WAY OUT"}, narrow: 4}
	for _, f := range r.Description.Findings {
		name := f.Flag
		if f.Segment != "" {
			name = "segment " + f.Segment
		}
		n.rows = append(n.rows, []string{string(f.Effect), name, f.Gate, f.Detail, f.WayOut})
	}
	for _, change := range r.Difference.Changes {
		n.names = append(n.names, change.Kind+"/"+change.Key)
	}
	n.text = func(w io.Writer) error { return r.write(w, env) }
	return o.print(c, n)
}

// write writes the report for people.
func (r *imported) write(w io.Writer, env string) error {
	if r.brief {
		return sayChanges(w, env, r.Difference)
	}
	d := r.Description
	if err := say(w, "%s: %s, %s, %s\n", r.Source, count(len(d.Flags), "flag"), count(d.Segments, "segment"), count(d.Gates, "gate")); err != nil {
		return err
	}
	for _, f := range d.Findings {
		if err := say(w, "  %s\n", f); err != nil {
			return err
		}
	}
	for _, n := range r.Renames {
		text := "  %s is no key: as %s it would move %s of %s\n"
		if n.Done {
			text = "  %s becomes %s, which moves %s of %s\n"
		}
		if err := say(w, text, n.Name, n.Key, thousands(n.Moved), count(n.Asked, "actor")); err != nil {
			return err
		}
	}
	if r.Verification != nil {
		if err := writeVerification(w, r.Verification); err != nil {
			return err
		}
	}
	if err := writeChanges(w, r.Difference); err != nil {
		return err
	}
	return sayChanges(w, env, r.Difference)
}

// writeVerification writes what a comparison brought.
func writeVerification(w io.Writer, v *migrate.Verification) error {
	for _, list := range []struct {
		kept  []migrate.Difference
		total int64
	}{{v.Differences, v.Different}, {v.Reasons, v.Unjudged}} {
		shown := list.kept[:min(len(list.kept), mostShown)]
		for _, d := range shown {
			if err := say(w, "  %s\n", d); err != nil {
				return err
			}
		}
		if left := int(list.total) - len(shown); left > 0 {
			if err := say(w, "  and %s more; -o json has the first %d\n", thousands(left), migrate.MaxDifferences); err != nil {
				return err
			}
		}
	}
	if v.Unjudged > 0 {
		if err := say(w, "%s have no answer to compare with\n", count(int(v.Unjudged), "question")); err != nil {
			return err
		}
	}
	return say(w, "verified: %s of %s get other answers, in %s about %s\n", thousands(v.Moved), count(v.Subjects, "actor"), count(int(v.Questions), "question"), count(v.Flags, "flag"))
}

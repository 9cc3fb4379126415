package conformance

import (
	"bufio"
	"encoding/json"
	"io"
)

// emitted is one line that Emit writes.
type emitted struct {
	File     string  `json:"file"`
	ID       int     `json:"id"`
	Family   string  `json:"family"`
	Snapshot []byte  `json:"snapshot,omitempty"` // base64
	Request  []byte  `json:"request,omitempty"`  // base64
	Flag     string  `json:"flag"`
	Expect   *Expect `json:"expect,omitempty"`
	Skipped  string  `json:"skipped,omitempty"`
}

// Emit writes the cases for other languages, as one JSON object per line; README.md describes it. It leaves out cases that aren't a
// single decision.
func Emit(w io.Writer, cases []Case) error {
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for i := range cases {
		c := &cases[i]
		if c.check != nil {
			continue
		}
		line := emitted{File: c.File, ID: c.ID, Family: c.Family, Flag: c.Flag, Skipped: c.Skip}
		if c.Skip == "" {
			var err error
			if line.Snapshot, err = c.Snapshot(); err != nil {
				return err
			}
			if line.Request, err = c.Request.Append(nil); err != nil {
				return err
			}
			line.Expect = &c.Expect
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

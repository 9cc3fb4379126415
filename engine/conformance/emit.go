package conformance

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"github.com/gonfalon-flags/gonfalon/engine"
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

// Emit writes the cases for other languages, as one JSON object per line; README.md describes it. It leaves out cases
// that aren't a single decision.
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
			if line.Request, err = c.request(); err != nil {
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

// readEmitted reads a line that Emit wrote, or somebody else in its form.
func readEmitted(line []byte) (Case, error) {
	var e emitted
	if err := json.Unmarshal(line, &e); err != nil {
		return Case{}, err
	}
	c := Case{ID: e.ID, Family: e.Family, Flag: e.Flag, Skip: e.Skipped, bytes: &e}
	if e.Skipped != "" {
		return c, nil
	}
	var r engine.Request
	if !r.Parse(string(e.Request)) {
		return c, errors.New("the request is malformed")
	}
	if e.Expect == nil || e.Expect.Enabled == nil {
		return c, errors.New("expect: enabled is missing")
	}
	c.Expect = *e.Expect
	if r.Input.Presence == engine.Keyed {
		c.Request.Actor = &r.Input.Actor
	}
	return c, nil
}

// request is the bytes of the case's request.
func (c *Case) request() ([]byte, error) {
	if c.bytes != nil {
		return c.bytes.Request, nil
	}
	return c.Request.Append(nil)
}

package conformance

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// ownLine is a line of own.jsonl: flags in the authoring form, a request, and the answer that a person worked out.
type ownLine struct {
	ID     int             `json:"id"`
	Family string          `json:"family"`
	Why    string          `json:"why"`
	Set    json.RawMessage `json:"set"`
	Ask    struct {
		Flag       string         `json:"flag"`
		Actor      *string        `json:"actor"`
		Groups     []string       `json:"groups"`
		Attributes map[string]any `json:"attributes"`
		Now        string         `json:"now"`
		Roll       uint64         `json:"roll"`
	} `json:"ask"`
	Expect struct {
		Enabled *bool   `json:"enabled"`
		Variant *string `json:"variant"`
		Score16 *int32  `json:"score16"`
	} `json:"expect"`
}

// readOwn reads a line that has a set.
func readOwn(data []byte) (Case, error) {
	var line ownLine
	if err := decode(data, &line); err != nil {
		return Case{}, err
	}
	set, problems := flagset.ParseSet(line.Set)
	if err := flagset.Err(problems); err != nil {
		return Case{}, fmt.Errorf("set: %w", err)
	}
	if line.Expect.Enabled == nil {
		return Case{}, errors.New("expect: enabled is missing")
	}
	c := Case{ID: line.ID, Family: line.Family, Set: *set.Sorted(), Flag: line.Ask.Flag}
	c.Request = request.Request{Flags: []string{line.Ask.Flag}, Actor: line.Ask.Actor, Groups: line.Ask.Groups, Roll: line.Ask.Roll, Attributes: map[string]any{}}
	for name, v := range line.Ask.Attributes {
		c.Request.Attributes[name] = value(v)
	}
	if line.Ask.Now != "" {
		now, err := flagset.ParseTime(line.Ask.Now)
		if err != nil {
			return Case{}, fmt.Errorf("ask: now: %q is %w", line.Ask.Now, err)
		}
		c.Request.Now = now
	}
	c.Expect = Expect{Enabled: line.Expect.Enabled, Variant: &Variant{line.Expect.Variant}, Score16: line.Expect.Score16}
	return c, nil
}

package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// manifestFlag is a flag in the form that OpenFeature's CLI generates typed accessors from.
type manifestFlag struct {
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"defaultValue"`
}

// manifest lists the flags with their types. The format has only one type for numbers, which is integer.
func (c *call) manifest() error {
	if err := c.params().err(); err != nil {
		return err
	}
	set, _, err := c.service().Export(c.context(), c.env, api.At{})
	if err != nil {
		return err
	}
	d := struct {
		Flags []manifestFlag `json:"flags"`
	}{make([]manifestFlag, len(set.Flags))}
	for i := range set.Flags {
		d.Flags[i] = manifestOf(&set.Flags[i])
	}
	c.Response().Header().Set("X-Manifest-Capabilities", "read")
	return c.answer(http.StatusOK, d)
}

// manifestOf returns a flag's type and default. The default is what the flag serves while killed, or else its first
// variant, or else false.
func manifestOf(f *flagset.Flag) manifestFlag {
	m := manifestFlag{Key: f.Key, Name: f.Key, Type: "boolean", Description: f.Description, Default: json.RawMessage("false")}
	for _, g := range f.Gates {
		for i, v := range g.Variants {
			if i > 0 && (f.OffVariant == nil || *f.OffVariant != v.Name) {
				continue
			}
			m.Default = v.Payload
			if len(v.Payload) == 0 {
				m.Default, _ = json.Marshal(v.Name) // a string: it can't fail
			}
			m.Type = manifestType(m.Default[0])
		}
	}
	return m
}

// manifestType returns the type of a JSON value that begins with this byte.
func manifestType(first byte) string {
	switch first {
	case '"':
		return "string"
	case '{':
		return "object"
	case 't', 'f':
		return "boolean"
	}
	return "integer"
}

package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// manifestFlag is a flag as OpenFeature's CLI knows it, which generates typed accessors.
type manifestFlag struct {
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"defaultValue"`
}

// manifest lists the flags with their types. Numbers are integers there: that is all it has.
func (x *call) manifest() error {
	if err := x.params().err(); err != nil {
		return err
	}
	set, _, err := x.service().Export(x.context(), x.env, controlplane.At{})
	if err != nil {
		return err
	}
	d := struct {
		Flags []manifestFlag `json:"flags"`
	}{make([]manifestFlag, len(set.Flags))}
	for i := range set.Flags {
		d.Flags[i] = manifestOf(&set.Flags[i])
	}
	x.Response().Header().Set("X-Manifest-Capabilities", "read")
	return x.answer(http.StatusOK, d)
}

// manifestOf gives a flag's type, and for a default what it gives while it is killed, else its first variant, else false.
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

// manifestType is the type of JSON that begins so.
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

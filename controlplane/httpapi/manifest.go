package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// The manifest is OpenFeature's view of flags: a key, a type and a default. Its API is that of OpenFeature's CLI 0.4,
// whose pull, push and generate use it.
// Why: RATIONALE.md "What does OpenFeature's manifest change?"

// manifestFlag is a flag in the form that OpenFeature's CLI generates typed accessors from.
type manifestFlag struct {
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Type        string          `json:"type"` // boolean, string, integer, float or object
	Description string          `json:"description"`
	Default     json.RawMessage `json:"defaultValue"`
}

// manifest lists the flags with their types.
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
	return c.answerManifest(http.StatusOK, d)
}

// manifestOf returns a flag's type and default. The default is what the flag serves while killed, or else its first
// variant, or else false.
func manifestOf(f *flagset.Flag) manifestFlag {
	m := manifestFlag{Key: f.Key, Name: f.Key, Type: "boolean", Description: f.Description, Default: json.RawMessage("false")}
	if gate := variantsOf(f); gate != nil {
		for i := range gate.Variants {
			if v := &gate.Variants[i]; i == 0 || f.OffVariant != nil && *f.OffVariant == v.Name {
				m.Default = valueOf(v)
			}
		}
		m.Type = manifestType(m.Default)
	}
	return m
}

// variantsOf returns the flag's variant gate, or nil if it has no variants.
func variantsOf(f *flagset.Flag) *flagset.Gate {
	for i := range f.Gates {
		if len(f.Gates[i].Variants) > 0 {
			return &f.Gates[i]
		}
	}
	return nil
}

// valueOf returns what a variant serves, as JSON: its payload, or else its name.
func valueOf(v *flagset.Variant) json.RawMessage {
	if len(v.Payload) > 0 {
		return v.Payload
	}
	name, _ := json.Marshal(v.Name) // a string: it can't fail
	return name
}

// manifestType returns the type of a canonical payload.
func manifestType(payload []byte) string {
	switch payload[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case 't', 'f':
		return "boolean"
	}
	if strings.ContainsAny(string(payload), ".eE") {
		return "float"
	}
	return "integer"
}

// answerManifest answers with what the token may do to the manifest.
func (c *call) answerManifest(status int, document any) error {
	may := "read"
	if c.token.Allows(mayWrite, c.env) {
		may = "read,write,delete"
	}
	c.Response().Header().Set("X-Manifest-Capabilities", may)
	return c.answer(status, document)
}

// isManifest reports whether a path belongs to the manifest, whose clients look for a problem in a member error.
func isManifest(path string) bool { return strings.HasPrefix(path, "/openfeature/") }

// manifestError is a problem document with the member that OpenFeature's CLI shows.
type manifestError struct {
	*api.ProblemDocument
	Error struct {
		Message string           `json:"message"`
		Status  int              `json:"status"`
		Details []manifestDetail `json:"details,omitempty"`
	} `json:"error"`
}

type manifestDetail struct {
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

func manifestErrorOf(e *api.ProblemDocument) manifestError {
	m := manifestError{ProblemDocument: e}
	m.Error.Message, m.Error.Status = sentence(e), e.Status
	for _, p := range e.Errors {
		m.Error.Details = append(m.Error.Details, manifestDetail{strings.TrimPrefix(p.Pointer, "/"), p.Detail})
	}
	if len(e.Errors) > 0 {
		m.Error.Message += ": " + e.Errors[0].String()
	}
	return m
}

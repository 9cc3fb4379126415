package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// manifestChange is a manifestFlag in a request. What is absent stays as it is.
type manifestChange struct {
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	Description *string         `json:"description"`
	Default     json.RawMessage `json:"defaultValue"`
	writeMembers
}

// createManifestFlag creates a flag that is off, or that serves its default to everybody if that isn't false.
func (c *call) createManifestFlag() error {
	m, o, err := c.manifestChange()
	if err != nil {
		return err
	}
	if len(m.Default) == 0 {
		return unreadableAt("flag", "/defaultValue", "a flag needs a default", "")
	}
	f := flagset.Flag{Key: m.Key, Gates: []flagset.Gate{{Type: flagset.Boolean}}}
	if m.Description != nil {
		f.Description = *m.Description
	}
	if m.Type != "boolean" || string(m.Default) != "false" {
		f.Gates = []flagset.Gate{{Type: flagset.VariantGate, Variants: []flagset.Variant{{Name: "default", Weight: flagset.Int(1), Payload: m.Default}}}}
	}
	o.IfAbsent = true
	r, err := c.service().PutFlag(c.context(), c.env, f, o)
	if controlplane.CodeOf(err) == api.PreconditionFailed {
		return exists.of("flag", "there is a flag "+quote(m.Key)+" in the environment "+quote(c.env)+" already")
	}
	return c.answerManifestFlag(created(o), r, err)
}

// updateManifestFlag changes the description and the default of a flag.
func (c *call) updateManifestFlag() error {
	m, o, err := c.manifestChange()
	if err != nil {
		return err
	}
	if err := sameKey(&m.Key, c.param("key"), "flag"); err != nil {
		return err
	}
	now, err := c.service().GetFlag(c.context(), c.env, m.Key)
	if err != nil {
		return err
	}
	if err := m.apply(&now.Flag); err != nil {
		return err
	}
	if len(o.IfMatch) == 0 {
		o.IfMatch = []string{now.Version} // so that a change in between is not undone
	}
	r, err := c.service().PutFlag(c.context(), c.env, now.Flag, o)
	return c.answerManifestFlag(http.StatusOK, r, err)
}

// deleteManifestFlag deletes a flag, which a rollback brings back.
func (c *call) deleteManifestFlag() error {
	_, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	key := c.param("key")
	revision, err := c.service().DeleteFlag(c.context(), c.env, key, o)
	if err != nil {
		return err
	}
	c.tellRevision(revision)
	return c.answerManifest(http.StatusOK, struct {
		Message  string    `json:"message"`
		Archived time.Time `json:"archivedAt"`
	}{"the flag " + quote(key) + " was deleted; its history brings it back", c.api.config.Clock().UTC()})
}

// manifestChange reads the body of a change, and checks that the default has the type.
func (c *call) manifestChange() (m manifestChange, o controlplane.WriteOptions, err error) {
	data, err := c.body(nil)
	if err != nil {
		return m, o, err
	}
	if err := c.decode(data, &m); err != nil {
		return m, o, err
	}
	if o, err = c.optionsIn(data); err != nil {
		return m, o, err
	}
	switch m.Type {
	case "boolean", "string", "integer", "float", "object":
	case "":
		return m, o, unreadableAt("flag", "/type", "the type is missing", manifestTypes)
	default:
		return m, o, unreadableAt("flag", "/type", "there is no type "+quote(m.Type), manifestTypes)
	}
	if m.Name != "" && m.Name != m.Key {
		return m, o, unreadableAt("flag", "/name", "a flag has no other name than its key", "leave the name out, and write the description")
	}
	if len(m.Default) == 0 {
		return m, o, nil
	}
	payload, err := flagset.CanonicalJSON(m.Default)
	if err != nil || payload[0] == '[' || payload[0] == 'n' {
		return m, o, unreadableAt("flag", "/defaultValue", "this can't be a default", "it is a boolean, a string, a number or an object")
	}
	m.Default = payload
	if has := manifestType(payload); !isOfType(has, m.Type) {
		return m, o, unreadableAt("flag", "/defaultValue", "the type is "+m.Type+", but this is the "+has+" "+shortened(payload), "")
	}
	return m, o, nil
}

const manifestTypes = "it is boolean, string, integer, float or object"

// isOfType reports whether a value of one type can be a default of another: an integer is a float, too.
func isOfType(has, wanted string) bool { return has == wanted || has == "integer" && wanted == "float" }

// apply changes a flag's description and default. The default of a flag that serves several variants, or none, can only
// become what it serves already: a manifest describes flags, and doesn't decide who is served what.
func (m *manifestChange) apply(f *flagset.Flag) error {
	now := manifestOf(f)
	if !isOfType(now.Type, m.Type) {
		return unstorableAt("/type", "the flag is of the type "+now.Type+", and can't become "+m.Type, "make another flag")
	}
	if m.Description != nil {
		f.Description = *m.Description
	}
	if len(m.Default) == 0 || string(m.Default) == string(now.Default) {
		return nil
	}
	f.Gates = slices.Clone(f.Gates) // the service's own are shared
	gate := variantsOf(f)
	if gate == nil {
		return unstorableAt("/defaultValue", "the flag has no variants, so its default is false", "to turn it on, enable it")
	}
	for i := range gate.Variants {
		if string(valueOf(&gate.Variants[i])) == string(m.Default) {
			f.OffVariant = &gate.Variants[i].Name
			return nil
		}
	}
	if len(gate.Variants) > 1 {
		return unstorableAt("/defaultValue", "none of the flag's variants has the value "+shortened(m.Default), "add one first")
	}
	gate.Variants = []flagset.Variant{gate.Variants[0]}
	gate.Variants[0].Payload = m.Default
	return nil
}

// unstorableAt returns an error for a change that the flag doesn't allow.
func unstorableAt(pointer, detail, hint string) error {
	e := invalid.of("flag", "")
	e.Errors = []api.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}
	return e
}

// answerManifestFlag answers a change of a flag.
func (c *call) answerManifestFlag(status int, r controlplane.WriteResult, err error) error {
	if err != nil {
		return err
	}
	c.tellRevision(r.Revision)
	return c.answerManifest(status, struct {
		Flag    manifestFlag `json:"flag"`
		Updated time.Time    `json:"updatedAt"`
	}{manifestOf(&r.Flag.Flag), r.Flag.Updated})
}

// shortened returns a JSON value for a sentence, cut if it is long.
func shortened(payload []byte) string {
	const most = 40
	if text := []rune(string(payload)); len(text) > most {
		return string(text[:most]) + "… (" + strconv.Itoa(len(payload)) + " bytes)"
	}
	return string(payload)
}

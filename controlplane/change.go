package controlplane

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// These are the kinds and operations of a Change.
const (
	KindFlag        = "flag"
	KindSegment     = "segment"
	KindEnvironment = "environment" // its settings and description
	KindToken       = "token"
	KindWebhook     = "webhook"

	OpCreate = "create"
	OpUpdate = "update"
	OpDelete = "delete"
)

// Change says how one thing changed. Before and After are documents of the same form, but with only the members that differ and, of a
// flag's gates, only those that differ. If the thing was created or deleted, the document is complete.
type Change struct {
	Kind   string          `json:"kind" msgpack:"kind"`
	Key    string          `json:"key" msgpack:"key"`
	Op     string          `json:"op" msgpack:"op"`
	Before json.RawMessage `json:"before,omitempty" msgpack:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty" msgpack:"after,omitempty"`
	Lines  []string        `json:"lines" msgpack:"-"` // for people: "+ actor/user:42 on", "- percentage 25% of actors", "~ owner: ada → bob"
}

// Difference says what a change of many things did, or would do.
type Difference struct {
	Revision int64 // the environment's revision afterwards
	Written  bool  // false for a dry run, or if nothing differed
	Changes  []Change
	Warnings []flagset.Problem
}

// members holds a document's members, each as it is written.
type members map[string]json.RawMessage

func membersOf(document []byte) (members, error) {
	var m members
	if err := json.Unmarshal(document, &m); err != nil {
		return nil, err
	}
	return m, nil
}

// compare returns the change that turns one record into another; nil stands for no record. The documents are canonical, so equal members
// have equal bytes.
func compare(before, after *record) (Change, error) {
	if before == nil || after == nil {
		return whole(before, after), nil
	}
	c := Change{Kind: after.kind(), Key: after.key(), Op: OpUpdate}
	was, err := membersOf(before.document)
	if err != nil {
		return c, err
	}
	is, err := membersOf(after.document)
	if err != nil {
		return c, err
	}
	for name := range is {
		if bytes.Equal(was[name], is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	if _, differ := is["gates"]; differ && after.isFlag() {
		if err := before.read(); err != nil {
			return c, err
		}
		if err := after.read(); err != nil {
			return c, err
		}
		gone, come := compareGates(before.flag.Gates, after.flag.Gates)
		if was["gates"], err = marshalGates(gone); err != nil {
			return c, err
		}
		if is["gates"], err = marshalGates(come); err != nil {
			return c, err
		}
	}
	if c.Before, err = marshalPlain(was); err != nil {
		return c, err
	}
	c.After, err = marshalPlain(is)
	return c, err
}

func whole(before, after *record) Change {
	if before == nil {
		return Change{Kind: after.kind(), Key: after.key(), Op: OpCreate, After: after.document}
	}
	return Change{Kind: before.kind(), Key: before.key(), Op: OpDelete, Before: before.document}
}

// compareGates returns the gates in slots that differ. Both lists ascend by slot.
func compareGates(before, after []flagset.Gate) (gone, come []flagset.Gate) {
	for len(before) > 0 || len(after) > 0 {
		was, rest := firstSlot(before)
		is, rest2 := firstSlot(after)
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].Slot() < is[0].Slot():
			gone, before = append(gone, was...), rest
		case len(was) == 0 || is[0].Slot() < was[0].Slot():
			come, after = append(come, is...), rest2
		default:
			if !slices.EqualFunc(was, is, sameGate) {
				gone, come = append(gone, was...), append(come, is...)
			}
			before, after = rest, rest2
		}
	}
	return gone, come
}

// firstSlot splits off the gates in the first slot: one, unless an import brought more.
func firstSlot(gates []flagset.Gate) (first, rest []flagset.Gate) {
	n := 0
	for n < len(gates) && (n == 0 || gates[n].Type == gates[0].Type && gates[n].Target == gates[0].Target || gates[n].Slot() == gates[0].Slot()) {
		n++
	}
	return gates[:n], gates[n:]
}

func sameGate(a, b flagset.Gate) bool {
	if a.Type != b.Type || a.Target != b.Target || a.Enabled != b.Enabled {
		return false
	}
	switch a.Type {
	case flagset.Boolean, flagset.Actor, flagset.Group, flagset.Prerequisite:
		return true
	}
	x, err := a.MarshalJSON()
	y, err2 := b.MarshalJSON()
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// marshalGates writes a list of gates.
func marshalGates(gates []flagset.Gate) (json.RawMessage, error) {
	if gates == nil {
		gates = []flagset.Gate{}
	}
	return marshalPlain(gates)
}

// marshalPlain is json.Marshal, except that it leaves <, > and & unescaped.
func marshalPlain(v any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), err
}

// undo returns the document before a change, given the one after it; nil if there was none.
func (c *Change) undo(after []byte) ([]byte, error) {
	switch c.Op {
	case OpCreate:
		return nil, nil
	case OpDelete:
		return c.Before, nil
	}
	document, err := membersOf(after)
	if err != nil {
		return nil, err
	}
	was, err := membersOf(c.Before)
	if err != nil {
		return nil, err
	}
	for name, value := range was {
		if name == "gates" && c.Kind == KindFlag {
			if value, err = c.undoGates(document["gates"], value); err != nil {
				return nil, err
			}
		}
		document[name] = value
	}
	return marshalPlain(document)
}

func (c *Change) undoGates(now, gone json.RawMessage) (json.RawMessage, error) {
	is, err := membersOf(c.After)
	if err != nil {
		return nil, err
	}
	var gates, come, back []flagset.Gate
	for _, part := range []struct {
		text json.RawMessage
		into *[]flagset.Gate
	}{{now, &gates}, {is["gates"], &come}, {gone, &back}} {
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return nil, err
		}
	}
	changed := map[string]bool{}
	for _, g := range come {
		changed[g.Slot()] = true
	}
	gates = slices.DeleteFunc(gates, func(g flagset.Gate) bool { return changed[g.Slot()] })
	f := flagset.Flag{Gates: append(gates, back...)}.Canonical()
	return marshalGates(f.Gates)
}

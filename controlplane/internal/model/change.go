package model

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// members holds a document's members, each as it is written.
type members map[string]json.RawMessage

func membersOf(document []byte) (members, error) {
	var m members
	if err := json.Unmarshal(document, &m); err != nil {
		return nil, err
	}
	return m, nil
}

// compare returns the change that turns one record into another; nil stands for no record. It compares by meaning: both
// documents in this build's canonical form, in which equal members have equal bytes. A member that an older build
// didn't write has its usual value.
// Why: RATIONALE.md "Why are changes compared and undone by meaning?"
func compare(before, after *Record) (api.Change, error) {
	if before == nil || after == nil {
		return whole(before, after), nil
	}
	c := api.Change{Kind: after.Kind(), Key: after.Key(), Op: api.OpUpdate}
	was, err := before.members()
	if err != nil {
		return c, err
	}
	is, err := after.members()
	if err != nil {
		return c, err
	}
	for name := range is {
		if bytes.Equal(was[name], is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	if _, differ := is["gates"]; differ && after.IsFlag() {
		gone, come := compareGates(before.Flag().Gates, after.Flag().Gates)
		if was["gates"], err = marshalGates(gone); err != nil {
			return c, err
		}
		if is["gates"], err = marshalGates(come); err != nil {
			return c, err
		}
	}
	if c.Before, err = MarshalPlain(was); err != nil {
		return c, err
	}
	c.After, err = MarshalPlain(is)
	return c, err
}

func whole(before, after *Record) api.Change {
	if before == nil {
		return api.Change{Kind: after.Kind(), Key: after.Key(), Op: api.OpCreate, After: after.text}
	}
	return api.Change{Kind: before.Kind(), Key: before.Key(), Op: api.OpDelete, Before: before.text}
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
	return MarshalPlain(gates)
}

// MarshalPlain is json.Marshal, except that it leaves <, > and & unescaped.
func MarshalPlain(v any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), err
}

// undo returns the document before a change, given the one after it; nil if there was none.
func undo(c *api.Change, after []byte) ([]byte, error) {
	switch c.Op {
	case api.OpCreate:
		return nil, nil
	case api.OpDelete:
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
	is, err := membersOf(c.After)
	if err != nil {
		return nil, err
	}
	for name := range is {
		if _, both := was[name]; !both {
			delete(document, name) // it had its usual value, which the build of the change didn't write
		}
	}
	for name, value := range was {
		if name == "gates" && c.Kind == api.KindFlag {
			if value, err = undoGates(document["gates"], is["gates"], value); err != nil {
				return nil, err
			}
		}
		document[name] = value
	}
	return MarshalPlain(document)
}

// undoGates returns the gates before a change, given those after it, those that came with it and those that went.
func undoGates(after, came, went json.RawMessage) (json.RawMessage, error) {
	var gates, come, back []flagset.Gate
	for _, part := range []struct {
		text json.RawMessage
		into *[]flagset.Gate
	}{{after, &gates}, {came, &come}, {went, &back}} {
		if part.text == nil {
			continue // an absent list has no gates
		}
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

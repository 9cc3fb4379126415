package migrate

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Forms are the flags and segments of a set as text, by kind and key, as "flag/new_checkout". A text has only what a
// source has too, so that a description or a kill that people added here is no difference.
type Forms map[string]string

// FormsOf returns the forms of a set.
func FormsOf(set *flagset.Set) Forms {
	forms := Forms{}
	for _, f := range set.Flags {
		forms["flag/"+f.Key] = flagForm(f)
	}
	for _, s := range set.Segments {
		text, _ := json.Marshal(flagset.Segment{Key: s.Key, Constraints: s.Constraints}.Canonical()) // every segment has a form
		forms["segment/"+s.Key] = string(text)
	}
	return forms
}

func flagForm(f flagset.Flag) string {
	bare := flagset.Flag{Key: f.Key, Gates: f.Gates}.Canonical()
	for i := range bare.Gates {
		for j := range bare.Gates[i].Variants {
			bare.Gates[i].Variants[j].Payload = nil
		}
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return err.Error() // a gate of a type that this build doesn't know, which no source has
	}
	return string(text)
}

// Step is one round of following a source.
type Step struct {
	Carry     []string          // what changed in the source only
	Gone      []string          // of them, flags that the source doesn't have any more
	Conflicts map[string]string // what changed on both sides, or can't be followed, with the reason
}

// Follow compares what a source has with what is here and with what was carried last, for everything that ever was. It
// carries what changed in the source only. What changed here only stays.
func Follow(source, here, carried Forms) Step {
	step := Step{Conflicts: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(source)) {
		there := source[name]
		ours, exists := here[name]
		last, known := carried[name]
		switch {
		case exists && ours == there, known && last == there:
		case !exists && known:
			step.Conflicts[name] = "it was changed there, and deleted here"
		case !exists, known && ours == last:
			step.Carry = append(step.Carry, name)
		case !known:
			step.Conflicts[name] = "it was made on both sides"
		default:
			step.Conflicts[name] = "it was changed on both sides"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(carried)) {
		ours, exists := here[name]
		if _, still := source[name]; still || !exists {
			continue
		}
		key, isFlag := cutFlag(name)
		switch off := flagForm(flagset.Flag{Key: key}); {
		case !isFlag:
			step.Conflicts[name] = "it was deleted there: delete it here, too"
		case ours == off, carried[name] == off:
		case ours == carried[name]:
			step.Carry = append(step.Carry, name)
			step.Gone = append(step.Gone, name)
		default:
			step.Conflicts[name] = "it was deleted there, and changed here"
		}
	}
	return step
}

// cutFlag returns the key in a name of Forms, if it is that of a flag.
func cutFlag(name string) (key string, is bool) {
	const prefix = "flag/"
	if len(name) < len(prefix) || name[:len(prefix)] != prefix {
		return "", false
	}
	return name[len(prefix):], true
}

// Take returns the parts of a source's set that a step carries. A flag that is gone has no gates any more, which is off.
func (s Step) Take(source *flagset.Set) *flagset.Set {
	out := flagset.Set{Settings: source.Settings}
	for _, f := range source.Flags {
		if slices.Contains(s.Carry, "flag/"+f.Key) {
			out.Flags = append(out.Flags, f)
		}
	}
	for _, name := range s.Gone {
		key, _ := cutFlag(name)
		out.Flags = append(out.Flags, flagset.Flag{Key: key})
	}
	for _, g := range source.Segments {
		if slices.Contains(s.Carry, "segment/"+g.Key) {
			out.Segments = append(out.Segments, g)
		}
	}
	return out.Sorted()
}

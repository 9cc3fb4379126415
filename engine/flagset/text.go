package flagset

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
)

// Text is a document of settings, flags and segments as it was written. It holds nothing but the text, and reads a flag or
// a segment when it is asked for it, so a large document takes little memory.
// Why: RATIONALE.md "Why is a document read flag by flag?"
type Text struct{ root node }

// ReadText reads a document. It is JSON if it begins with a brace and reads as JSON, and YAML otherwise. It returns what
// doesn't fit the form, and leaves it out of what the text yields.
func ReadText(data []byte) (*Text, []Problem) {
	root, problem := readText(data)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	r := reader{}
	r.document(&root, func(Settings) {}, func(Flag) {}, func(Segment) {})
	return &Text{root}, r.problems
}

// readText returns the root of a document in JSON or YAML.
func readText(data []byte) (node, *Problem) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte{'{'}) {
		return readYAML(data)
	}
	root, problem := readJSON(data)
	const short = 1 << 20 // longer YAML is not written with braces around it
	if problem != nil && len(data) <= short {
		if fromYAML, failed := readYAML(data); failed == nil {
			return fromYAML, nil
		}
	}
	return root, problem
}

// Settings returns the settings.
func (t *Text) Settings() Settings {
	r := reader{}
	if n := t.member("settings"); n != nil {
		return r.settings(n)
	}
	return Settings{}
}

// Flags yields the flags in the order of the text.
func (t *Text) Flags() iter.Seq[Flag] {
	return func(yield func(Flag) bool) {
		for n := range t.items("flags") {
			r := reader{}
			if !yield(r.keyedFlag(n)) {
				return
			}
		}
	}
}

// Segments yields the segments in the order of the text.
func (t *Text) Segments() iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		for n := range t.items("segments") {
			r := reader{}
			if !yield(r.keyedSegment(n)) {
				return
			}
		}
	}
}

// items yields the items of a list.
func (t *Text) items(name string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		list := t.member(name)
		if list == nil || list.kind != kindList {
			return
		}
		for _, item := range list.children() {
			if !yield(item) {
				return
			}
		}
	}
}

// member returns a member of the document, or nil. One that is null counts as left out.
func (t *Text) member(name string) *node {
	for is, item := range t.root.children() {
		if is == name && item.kind != kindNull {
			found := *item
			return &found
		}
	}
	return nil
}

// Place is a part of a flag, of a segment or, if neither is named, of the whole document.
type Place struct{ Flag, Segment, Pointer string }

// Lines returns the line of each place, or of the nearest part around it that exists. If several flags or segments have
// the same key, it is in the last one.
func (t *Text) Lines(places []Place) []int {
	lines := make([]int, len(places))
	if len(places) == 0 {
		return lines
	}
	flags, segments := map[string][]int{}, map[string][]int{} // the places in each
	for i, p := range places {
		lines[i] = int(t.root.line)
		switch {
		case p.Flag != "":
			flags[p.Flag] = append(flags[p.Flag], i)
		case p.Segment != "":
			segments[p.Segment] = append(segments[p.Segment], i)
		default:
			lines[i] = t.root.lineOf(p.Pointer)
		}
	}
	for list, in := range map[string]map[string][]int{"flags": flags, "segments": segments} {
		if len(in) == 0 {
			continue
		}
		for item := range t.items(list) {
			key := item.member("key")
			if key == nil || key.kind != kindString {
				continue
			}
			for _, i := range in[key.value.(string)] {
				lines[i] = item.lineOf(places[i].Pointer)
			}
		}
	}
	return lines
}

// lineOf returns the line of the part that a pointer into n leads to, or of the nearest part around it that exists.
func (n *node) lineOf(pointer string) int {
	at := *n
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		next := at.part(token)
		if next == nil {
			break
		}
		at = *next
	}
	return int(at.line)
}

// part returns the member or the item that a pointer's token names, or nil.
func (n *node) part(token string) *node {
	if n.kind != kindList {
		return n.member(strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
	}
	left, err := strconv.Atoi(token)
	if err != nil {
		return nil
	}
	for _, item := range n.children() {
		if left == 0 {
			found := *item
			return &found
		}
		left--
	}
	return nil
}

package snapshot

import (
	"bytes"
	"strconv"
	"strings"
)

// Document is a file of settings, flags and segments, with the problems of reading it and of what it says.
type Document struct {
	Set      Set // sorted by key; gates as the file has them
	Problems []Problem
}

// ReadDocument reads a file, JSON if it begins with a brace and reads as JSON, else YAML, and validates what it says. Every
// problem has its line.
func ReadDocument(data []byte) *Document {
	root, problem := node{}, (*Problem)(nil)
	trimmed := bytes.TrimSpace(data)
	json := bytes.HasPrefix(trimmed, []byte{'{'})
	if json {
		root, problem = readJSON(data)
	}
	if !json || problem != nil {
		if fromYAML, failed := readYAML(data); failed == nil || !json {
			root, problem = fromYAML, failed
		}
	}
	if problem != nil {
		return &Document{Problems: []Problem{*problem}}
	}
	r := reader{}
	set := r.set(&root)
	var validated []Problem
	locate := func(place *node, problems []Problem) {
		for _, p := range problems {
			p.Line = place.lineOf(p.Pointer)
			validated = append(validated, p)
		}
	}
	flags, segments := root.member("flags"), root.member("segments")
	for i := range set.Flags {
		locate(&flags.items[i], ValidateFlag(&set.Flags[i]))
	}
	for i := range set.Segments {
		locate(&segments.items[i], ValidateSegment(&set.Segments[i]))
	}
	for _, p := range ValidateReferences(&set) {
		place := &root
		switch {
		case p.Flag != "":
			place = flags.keyed(p.Flag)
		case p.Segment != "":
			place = segments.keyed(p.Segment)
		}
		locate(place, []Problem{p})
	}
	return &Document{Set: *set.Sorted(), Problems: Join(r.problems, validated)}
}

// keyed is the item of a list that has a key; of several the last, which is the one too many.
func (n *node) keyed(key string) *node {
	found := n
	for i := range n.items {
		if k := n.items[i].member("key"); k != nil && k.value == key {
			found = &n.items[i]
		}
	}
	return found
}

// lineOf is the line of what a pointer into n leads to, or of the nearest part around it that is there.
func (n *node) lineOf(pointer string) int {
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		next := (*node)(nil)
		if n.kind == kindList {
			if i, err := strconv.Atoi(token); err == nil && i < len(n.items) {
				next = &n.items[i]
			}
		} else {
			next = n.member(strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		}
		if next == nil {
			break
		}
		n = next
	}
	return n.line
}

package flagset

import (
	"bytes"
	"strconv"
	"strings"
)

// Document is a file of settings, flags and segments, with the problems of reading and of validating it.
type Document struct {
	Set      Set // sorted by key, with gates in the file's order
	Problems []Problem
}

// ReadDocument reads and validates a file. The file is JSON if it begins with a brace and reads as JSON, and YAML
// otherwise. Every problem has a line.
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

// keyed returns the item of a list with this key. If there are several it returns the last, which is the one too many.
func (n *node) keyed(key string) *node {
	found := n
	for i := range n.items {
		if k := n.items[i].member("key"); k != nil && k.value == key {
			found = &n.items[i]
		}
	}
	return found
}

// lineOf returns the line of the part that a pointer into n leads to, or of the nearest part around it that exists.
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

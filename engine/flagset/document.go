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
	root, problem := readText(data)
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
	references := ValidateReferences(&set)
	for _, p := range references[:min(len(references), MaxProblems+1)] {
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

// readText reads a text as JSON if it begins with a brace and reads as JSON, and as YAML otherwise.
func readText(data []byte) (node, *Problem) {
	json := bytes.HasPrefix(bytes.TrimSpace(data), []byte{'{'})
	var root node
	var problem *Problem
	if json {
		root, problem = readJSON(data)
	}
	if !json || problem != nil {
		if fromYAML, failed := readYAML(data); failed == nil || !json {
			root, problem = fromYAML, failed
		}
	}
	return root, problem
}

// Lines knows where the parts of a text of flags and segments stand.
type Lines struct{ root node }

// LinesOf reads where the parts of a text stand. If the text is neither JSON nor YAML, every line is 0.
func LinesOf(data []byte) *Lines {
	root, problem := readText(data)
	if problem != nil {
		root = node{}
	}
	return &Lines{root}
}

// Line returns the line of a part of a flag, of a segment or, if neither is named, of the whole text, or of the nearest
// part around it that exists.
func (l *Lines) Line(flag, segment, pointer string) int {
	place := &l.root
	list, key := "flags", flag
	if segment != "" {
		list, key = "segments", segment
	}
	if key != "" {
		if place = l.root.member(list); place == nil {
			return 0
		}
		place = place.keyed(key)
	}
	return place.lineOf(pointer)
}

// keyed returns the item of a list with this key. If there are several it returns the last, which is the one too many.
func (n *node) keyed(key string) *node {
	found := n
	if n.parts == nil {
		return n
	}
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
	return int(n.line)
}

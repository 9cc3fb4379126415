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
	validated := Validate(&set)
	for i := range validated {
		validated[i].Line = root.lineOf(&validated[i])
	}
	return &Document{Set: *set.Sorted(), Problems: Join(r.problems, validated)}
}

// lineOf is the line of what a problem is about, or of the nearest part around it that is there.
func (n *node) lineOf(p *Problem) int {
	at := n
	for _, kind := range []struct{ list, key string }{{"flags", p.Flag}, {"segments", p.Segment}} {
		list := n.member(kind.list)
		if kind.key == "" || list == nil {
			continue
		}
		for i := range list.items {
			if key := list.items[i].member("key"); key != nil && key.value == kind.key {
				at = &list.items[i] // of two with one key, the second is the problem
			}
		}
	}
	for _, token := range strings.Split(strings.TrimPrefix(p.Pointer, "/"), "/") {
		next := (*node)(nil)
		if at.kind == kindList {
			if i, err := strconv.Atoi(token); err == nil && i < len(at.items) {
				next = &at.items[i]
			}
		} else {
			next = at.member(strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		}
		if next == nil {
			break
		}
		at = next
	}
	return at.line
}

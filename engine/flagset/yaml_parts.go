package flagset

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// yamlList is the text of a list whose items begin in lines of their own, below the name of a top-level member.
type yamlList struct {
	name   string
	line   int    // of the name
	text   []byte // the list
	above  int    // how many lines are above it
	indent int    // of each item's dash
}

// partBytes is about how much of a list is read at once.
const partBytes = 64 << 10

// parts yields the list's text, about size bytes of whole items at a time, and how many lines are above those.
func (l yamlList) parts(size int) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		rest, above := l.text, l.above
		for from, lines := 0, 0; len(rest) > 0; {
			line, _ := cutLine(rest[from:])
			if len(line) == 0 || from > 0 && from+len(line) > size && l.begins(line) {
				if !yield(above, rest[:from]) {
					return
				}
				rest, above = rest[from:], above+lines
				from, lines = 0, 0
				continue
			}
			from, lines = from+len(line), lines+1
		}
	}
}

// begins reports whether an item begins in a line.
func (l yamlList) begins(line []byte) bool {
	rest := bytes.TrimLeft(line, " ")
	return len(line)-len(rest) == l.indent && len(rest) > 0 && rest[0] == '-' && (len(rest) == 1 || strings.IndexByte(" \t\r\n", rest[1]) >= 0)
}

// ends reports whether a line doesn't belong to the list any more.
func (l yamlList) ends(line []byte) bool {
	rest := bytes.TrimLeft(line, " ")
	if text := bytes.TrimSpace(rest); len(text) == 0 || text[0] == '#' {
		return false
	}
	return len(line)-len(rest) <= l.indent && !l.begins(line)
}

// splitYAML finds the lists of flags and segments in a document, and returns the document with empty lines in their place.
// It looks at nothing but lines and their indentation, so what it returns is only right if both read without each other:
// a quotation mark, a bracket or an anchor that is left open makes them fail.
func splitYAML(data []byte) (around []byte, lists []yamlList) {
	if bytes.Count(data, []byte{'\r'}) != bytes.Count(data, []byte("\r\n")) || bytes.Contains(data, []byte("\u0085")) ||
		bytes.Contains(data, []byte("\u2028")) || bytes.Contains(data, []byte("\u2029")) {
		return nil, nil // other ends of lines, which are not worth counting
	}
	var name *yamlList // whose list may begin in the next line
	inside := false
	offset := 0
	for n := 1; offset < len(data); n++ {
		line, rest := cutLine(data[offset:])
		offset = len(data) - len(rest)
		if inside {
			if l := &lists[len(lists)-1]; !l.ends(line) {
				l.text = l.text[:len(l.text)+len(line)]
				around = append(around, '\n')
				continue
			}
			if !beginsMember(line) {
				return nil, nil // what follows may belong to the list's name
			}
			inside = false
		}
		if text := bytes.TrimSpace(line); name != nil && len(text) > 0 && text[0] != '#' {
			l := *name
			name = nil
			if l.indent = len(line) - len(bytes.TrimLeft(line, " ")); l.begins(line) {
				l.text, l.above = data[offset-len(line):offset], n-1
				if around == nil {
					around = slices.Clone(data[:offset-len(line)])
				}
				lists, inside = append(lists, l), true
				around = append(around, '\n')
				continue
			}
		}
		for _, known := range []string{"flags", "segments"} {
			after, found := bytes.CutPrefix(line, []byte(known+":"))
			if comment := bytes.TrimSpace(after); found && (len(comment) == 0 || comment[0] == '#' && after[0] != '#') {
				name = &yamlList{name: known, line: n}
			}
		}
		if around != nil {
			around = append(around, line...)
		}
	}
	return around, lists
}

// beginsMember reports whether a line begins a member of the document, by a plain name, or another document.
func beginsMember(line []byte) bool {
	if bytes.HasPrefix(line, []byte("---")) {
		return true
	}
	name, after, found := bytes.Cut(line, []byte{':'})
	plain := bytes.IndexFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) < 0
	return found && len(name) > 0 && plain && (len(after) == 0 || strings.IndexByte(" \t\r\n", after[0]) >= 0)
}

// cutLine returns the first line, with its end, and the rest.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	return text[:i+1], text[i+1:]
}

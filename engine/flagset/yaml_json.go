package flagset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlWriter writes YAML as JSON.
type yamlWriter struct {
	text    []byte // JSON
	line    int    // of its end
	most    int    // how long it may get
	above   int    // how many lines are above what is read
	at      int    // the current value's line
	aliases int    // how many aliases lead to the current value
	left    int    // how many values aliases may still unfold to
	part    int    // about how much of a list is read at once
}

func newYAMLWriter(data []byte) *yamlWriter {
	return &yamlWriter{text: make([]byte, 0, len(data)+len(data)/2), line: 1, most: len(data) + len(data)/2 + maxUnfoldedBytes, left: maxUnfolded, part: partBytes}
}

// document writes a document, of which some lists are read by themselves.
func (w *yamlWriter) document(text []byte, lists []yamlList) *Problem {
	root, problem := w.read(text)
	if problem != nil {
		return problem
	}
	return w.root(root, lists)
}

// read reads a text, or returns nil if there is nothing in it.
func (w *yamlWriter) read(text []byte) (*yaml.Node, *Problem) {
	if countYAML(text) > maxYAMLValues {
		return nil, &Problem{Line: w.above + 1, Detail: "this is too long for YAML: write it as JSON, or split it"}
	}
	lines := &lineReader{left: ValidText(string(text))}
	decoder := yaml.NewDecoder(lines)
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, w.problem(text, lines.read, err)
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, &Problem{Line: w.above + more.Line, Detail: errDocuments.Error()}
	case !errors.Is(err, io.EOF):
		return nil, w.problem(text, lines.read, err)
	}
	return document.Content[0], nil
}

// problem returns an error of the library as a problem, in the line in which it is.
func (w *yamlWriter) problem(text []byte, read int, err error) *Problem {
	around, said := notYAML(err)
	p := &Problem{Line: w.above + mistake(text, read, around, said), Detail: "this is not YAML: " + said}
	if strings.Contains(said, "unknown anchor") {
		p.Hint = "in a long document, an alias and its anchor must be in the same flag or segment"
	}
	return p
}

// mistake returns the line of a mistake: the last one without which the library says something else, or nothing. The library has read
// to there, or a few lines further. What it tells itself is where the list, mapping or text around the mistake begins.
func mistake(text []byte, read, around int, said string) int {
	const further, longest = 8, 1 << 20
	lines := bytes.SplitAfter(text, []byte("\n"))
	for line := min(read, len(lines)); line > max(read-further, 0) && len(text) <= longest; line-- {
		var n yaml.Node
		err := yaml.NewDecoder(bytes.NewReader(bytes.Join(lines[:line-1], nil))).Decode(&n)
		if err == nil || errors.Is(err, io.EOF) {
			return line
		}
		if _, before := notYAML(err); before != said {
			return line
		}
	}
	return max(around, 1)
}

// notYAML returns what the library says, and the line that it names, or 0.
func notYAML(err error) (line int, said string) {
	said = strings.TrimPrefix(err.Error(), "yaml: ")
	if _, failed := fmt.Sscanf(said, "line %d: ", &line); failed == nil {
		_, said, _ = strings.Cut(said, ": ")
	}
	return line, said
}

// lineReader reads a text line by line, so that it is known how far a reader of it came.
type lineReader struct {
	left string
	read int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.left == "" {
		return 0, io.EOF
	}
	line, _, _ := strings.Cut(r.left, "\n")
	n := copy(p, r.left[:min(len(line)+1, len(r.left))])
	r.left = r.left[n:]
	if n > len(line) || r.left == "" {
		r.read++
	}
	return n, nil
}

// root writes the document. The value of a member in whose line one of the lists begins is read from there.
func (w *yamlWriter) root(root *yaml.Node, lists []yamlList) *Problem {
	if len(lists) == 0 {
		if root == nil || root.ShortTag() == "!!null" && root.Kind == yaml.ScalarNode {
			w.text = append(w.text, "{}"...)
			return nil
		}
		return w.placed(w.value(root, 0))
	}
	if root == nil || root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return errParts
	}
	w.down(root.Line)
	w.text = append(w.text, '{')
	for i := 0; i < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if len(lists) == 0 || name.Line != lists[0].line {
			if err := w.member(name, value, 0); err != nil {
				return w.placed(err)
			}
			continue
		}
		if name.Kind != yaml.ScalarNode || name.Value != lists[0].name || value.ShortTag() != "!!null" || value.Style != 0 || value.Value != "" || value.Anchor != "" {
			return errParts
		}
		w.text = append(appendText(w.text, name.Value), ':')
		if problem := w.list(lists[0]); problem != nil {
			return problem
		}
		lists = lists[1:]
	}
	if len(lists) > 0 {
		return errParts
	}
	w.text = append(w.text, '}')
	return nil
}

// errParts says that a document isn't what it looks like, so that it has to be read at once.
var errParts = &Problem{Detail: "this is too long for YAML of this form: write it as JSON, or split it"}

// list writes a list, some items at a time.
func (w *yamlWriter) list(l yamlList) *Problem {
	defer func() { w.above = 0 }()
	w.down(l.above + 1)
	open := byte('[')
	for above, text := range l.parts(w.part) {
		w.above = above
		if item, ok := jsonItem(text); ok {
			w.text, open = append(w.text, open), ','
			w.down(above + 1)
			w.text = append(w.text, item...)
			w.line += bytes.Count(item, []byte{'\n'})
			continue
		}
		root, problem := w.read(text)
		switch {
		case problem != nil:
			return problem
		case root == nil || root.Kind != yaml.SequenceNode:
			return errParts
		}
		for _, item := range root.Content {
			w.text, open = append(w.text, open), ','
			if err := w.value(item, 2); err != nil {
				return w.placed(err)
			}
		}
	}
	w.text = append(w.text, ']')
	return nil
}

// jsonItem returns the item of a list of one that is written in JSON, as WriteYAML writes large ones.
func jsonItem(text []byte) ([]byte, bool) {
	item := bytes.TrimSpace(text)
	if len(text) < yamlBatch || !bytes.HasPrefix(item, []byte("- {")) {
		return nil, false
	}
	_, err := checkJSON(item[2:])
	return item[2:], err == nil
}

// down moves to a line, unless the text is already there or below.
func (w *yamlWriter) down(line int) {
	for ; w.line < line; w.line++ {
		w.text = append(w.text, '\n')
	}
}

// placed returns an error as a problem of the current value.
func (w *yamlWriter) placed(err error) *Problem {
	if err == nil {
		return nil
	}
	return &Problem{Line: w.at, Detail: err.Error()}
}

// value writes a value.
func (w *yamlWriter) value(y *yaml.Node, depth int) error {
	w.at = w.above + y.Line
	if w.aliases > 0 {
		if w.left--; w.left < 0 {
			return errUnfolded
		}
	}
	switch {
	case depth > maxNesting:
		return errNesting
	case len(w.text) > w.most:
		return errUnfolded
	}
	if y.Kind == yaml.AliasNode {
		w.aliases++
		err := w.value(y.Alias, depth+1)
		w.aliases--
		return err
	}
	w.down(w.at)
	switch y.Kind {
	case yaml.SequenceNode:
		w.text = append(w.text, '[')
		for i, item := range y.Content {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			if err := w.value(item, depth+1); err != nil {
				return err
			}
		}
		w.text = append(w.text, ']')
		return nil
	case yaml.MappingNode:
		w.text = append(w.text, '{')
		for i := 0; i < len(y.Content); i += 2 {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			if err := w.member(y.Content[i], y.Content[i+1], depth); err != nil {
				return err
			}
		}
		w.text = append(w.text, '}')
		return nil
	}
	value, err := scalar(y)
	w.text = appendValue(w.text, value)
	return err
}

// member writes a member of an object, which is at this depth.
func (w *yamlWriter) member(name, value *yaml.Node, depth int) error {
	w.at = w.above + name.Line
	for name.Kind == yaml.AliasNode {
		name = name.Alias
	}
	switch {
	case name.ShortTag() == "!!merge":
		return errMerge
	case name.Kind != yaml.ScalarNode:
		return errNoName
	}
	w.text = append(appendText(w.text, name.Value), ':')
	return w.value(value, depth+1)
}

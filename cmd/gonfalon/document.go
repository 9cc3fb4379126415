package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// json returns the document, with the environment as its first member.
func (n noun) json() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(n.document); err != nil {
		return nil, err
	}
	data := bytes.TrimSpace(b.Bytes())
	if rest, object := bytes.CutPrefix(data, []byte("{")); object && n.env != "" {
		name, err := json.Marshal(n.env)
		if err != nil {
			return nil, err
		}
		data = slices.Concat([]byte(`{"environment":`), name, []byte(","), rest) // no document is empty
	}
	return escaped(data), nil
}

// writeLine writes a document as JSON on a line of its own.
func writeLine(w io.Writer, document any) error {
	data, err := noun{document: document}.json()
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// escaped writes the characters that a terminal obeys, save line ends, as JSON and YAML have them in double quotes.
func escaped(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for _, r := range string(data) {
		if obeyed(r) && r != '\n' {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func (n noun) writeYAML(w io.Writer) error {
	if n.set != nil {
		return n.writeFile(w)
	}
	data, err := n.json()
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return err
	}
	plain(&node)
	return encode(w, &node)
}

// plain drops JSON's brackets, and its quotes where every reader of YAML takes the text for text: JSON is YAML
// already, but not as people write it.
func plain(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		var text yaml.Node
		_ = text.Encode(n.Value) // a string has a form
		n.Style = text.Style
	}
	for _, part := range n.Content {
		plain(part)
	}
}

// writeFile writes flags or segments as flags.yaml has them, so that put and import read what get and list print.
// Settings are the environment's, and are left out.
func (n noun) writeFile(w io.Writer) error {
	text, err := flagset.MarshalYAML(n.set)
	if err != nil {
		return err
	}
	if err := say(w, "# %s\n", n.note); err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(text), "\n"+n.section+":")
	if !found {
		rest = " []\n"
	}
	return writeYAML(w, n.section+":"+rest)
}

// writeYAML writes a text in YAML as it is, unless a terminal would obey some of it.
func writeYAML(w io.Writer, text string) error {
	if strings.IndexFunc(strings.ReplaceAll(text, "\n", ""), obeyed) < 0 {
		_, err := io.WriteString(w, text)
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		return err
	}
	return encode(w, &node)
}

// encode writes YAML in which the characters that a terminal obeys are escapes. YAML's own writer has no escapes
// for all of them.
func encode(w io.Writer, node *yaml.Node) error {
	quote(node)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(node); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// quote puts texts into double quotes where they have such a character.
func quote(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && strings.IndexFunc(n.Value, obeyed) >= 0 {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, part := range n.Content {
		quote(part)
	}
}

package flagset

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math/big"
	"strings"
	"unicode/utf8"
)

// kind is the kind of a document's node.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInteger
	kindFloat
	kindString
	kindList
	kindObject
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a number", "a string", "a list", "an object"}[k]
}

// node is a part of a JSON document as it was written. It keeps numbers exact, the order and the repetitions of names,
// and the line of each part, so that a problem can say where it is. Lists and objects are only read when somebody walks
// through them, so a document takes no memory besides its text.
type node struct {
	kind  kind
	line  int32
	value any    // bool, int64, *big.Int, float64 or string
	text  []byte // of a list or an object
}

// maxNesting bounds how deep a document may nest. Payloads, the deepest part that people write, stay far below, and
// reading never needs a deep stack.
const maxNesting = 64

// maxString bounds the text of one string, and of one list or object among a constraint's values or in a payload. It is
// several times what a flag may have.
const maxString = 512 << 10

var (
	errNesting  = errors.New("nested more than 64 levels deep")
	errTrailing = errors.New("there is more text after the document")
	errString   = errors.New("a string is longer than 512 KiB")
)

// children yields an object's members, or a list's items, whose names are empty. The node is only valid until the next.
func (n *node) children() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		if n.text == nil {
			return
		}
		c := cursor{text: n.text[1 : len(n.text)-1], line: n.line}
		var item node
		for c.more() {
			name := ""
			if n.kind == kindObject {
				name = c.string()
				c.more()
			}
			item = c.node()
			if !yield(name, &item) {
				return
			}
		}
	}
}

// count returns how many members or items a node has.
func (n *node) count() (count int) {
	for range n.children() {
		count++
	}
	return count
}

// member returns the member of an object with this name, or the first of several.
func (n *node) member(name string) *node {
	if n.kind != kindObject {
		return nil
	}
	for is, item := range n.children() {
		if is == name {
			found := *item
			return &found
		}
	}
	return nil
}

// plain returns the node in the form of a constraint's values: nil, bool, int64, *big.Int, float64, string, []any or
// map[string]any.
func (n *node) plain() any {
	switch n.kind {
	case kindList:
		list := []any{}
		for _, item := range n.children() {
			list = append(list, item.plain())
		}
		return list
	case kindObject:
		object := map[string]any{}
		for name, item := range n.children() {
			object[name] = item.plain()
		}
		return object
	}
	return n.value
}

// readJSON checks a whole JSON document, and returns its root.
func readJSON(data []byte) (node, *Problem) {
	at, err := checkJSON(data)
	if err != nil {
		line := 1 + bytes.Count(data[:min(at, len(data))], []byte{'\n'})
		return node{}, &Problem{Line: line, Detail: "this is not JSON: " + err.Error()}
	}
	return rootOf(data), nil
}

// rootOf returns the root of a document that was checked.
func rootOf(data []byte) node {
	c := cursor{text: data, line: 1}
	c.more()
	return c.node()
}

// checkJSON returns what is wrong with a document, and where.
func checkJSON(data []byte) (at int, err error) {
	if err := json.Unmarshal(data, new(discarded)); err != nil {
		at = len(data)
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = int(syntax.Offset)
		}
		switch text := err.Error(); {
		case strings.HasPrefix(text, "unexpected end"):
			return at, errors.New("it ends too early")
		case strings.HasSuffix(text, "after top-level value"):
			return at, errTrailing
		case strings.HasSuffix(text, "exceeded max depth"):
			return at, errNesting
		}
		return at, err
	}
	for depth := 0; at < len(data); at++ {
		switch c := data[at]; c {
		case '[', '{':
			if depth++; depth > maxNesting+1 {
				return at, errNesting
			}
		case ']', '}':
			depth--
		case '"':
			end := stringEnd(data, at)
			if end-at > maxString {
				return at, errString
			}
			at = end - 1
		default:
			if c == '-' || c >= '0' && c <= '9' {
				end := numberEnd(data, at)
				if _, err := parseNumber(string(data[at:end])); err != nil {
					return at, err
				}
				at = end - 1
			}
		}
	}
	return at, nil
}

// discarded is a JSON value that nobody wants to know.
type discarded struct{}

func (*discarded) UnmarshalJSON([]byte) error { return nil }

// cursor walks through text that is known to be JSON.
type cursor struct {
	text []byte
	at   int
	line int32
}

// more moves to the next value or name, and reports whether there is one.
func (c *cursor) more() bool {
	for ; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case '\n':
			c.line++
		case ' ', '\t', '\r', ',', ':':
		default:
			return true
		}
	}
	return false
}

// string reads a string.
func (c *cursor) string() (s string) {
	text := c.text[c.at:stringEnd(c.text, c.at)]
	c.at += len(text)
	if inner := text[1 : len(text)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	_ = json.Unmarshal(text, &s) // it is a string
	return s
}

// node reads a value.
func (c *cursor) node() node {
	n := node{line: c.line}
	from := c.at
	switch b := c.text[from]; b {
	case 'n':
		c.at += len("null")
	case 't':
		n.kind, n.value = kindBool, true
		c.at += len("true")
	case 'f':
		n.kind, n.value = kindBool, false
		c.at += len("false")
	case '"':
		n.kind, n.value = kindString, c.string()
	case '[', '{':
		if n.kind = kindList; b == '{' {
			n.kind = kindObject
		}
		c.at = containerEnd(c.text, from)
		n.text = c.text[from:c.at]
		c.line += int32(bytes.Count(n.text, []byte{'\n'}))
	default:
		c.at = numberEnd(c.text, from)
		n, _ = n.number(string(c.text[from:c.at])) // it was checked
	}
	return n
}

// stringEnd returns where the string that begins at from ends.
func stringEnd(text []byte, from int) int {
	for i := from + 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// numberEnd returns where the number that begins at from ends.
func numberEnd(text []byte, from int) int {
	for i := from; ; i++ {
		if i == len(text) || strings.IndexByte("+-.eE0123456789", text[i]) < 0 {
			return i
		}
	}
}

// containerEnd returns where the list or object that begins at from ends.
func containerEnd(text []byte, from int) int {
	depth := 0
	for i := from; ; i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// number sets n to the number in the text.
func (n node) number(text string) (node, error) {
	v, err := parseNumber(text)
	if err != nil {
		return node{}, err
	}
	n.value = v
	switch v.(type) {
	case int64, *big.Int:
		n.kind = kindInteger
	default:
		n.kind = kindFloat
	}
	return n, nil
}

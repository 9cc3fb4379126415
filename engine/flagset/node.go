package flagset

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
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

// node is a part of a JSON or YAML document as it was written. It keeps numbers exact, the order and the repetitions
// of names, and the line of each part, so that a problem can say where it is.
type node struct {
	kind   kind
	line   int32
	value  any // bool, int64, *big.Int, float64 or string
	*parts     // of an object or a list; nil otherwise, since most nodes have none
}

type parts struct {
	names []string // of an object
	items []node
}

// maxNodes bounds a document, and with it the memory that reading takes: a hundred megabytes or so. 10,000 flags of 20
// actors have a million nodes.
const maxNodes = 2_000_000

// maxNesting bounds how deep a document may nest. Payloads, the deepest part that people write, stay far below, and
// reading never needs a deep stack.
const maxNesting = 64

var (
	errNesting  = errors.New("nested more than 64 levels deep")
	errTrailing = errors.New("there is more text after the document")
	errNodes    = errors.New("the document has more than 2,000,000 values: split it")
)

// member returns the member of an object with this name, or the first of several.
func (n *node) member(name string) *node {
	if n.parts == nil {
		return nil
	}
	for i := range n.names {
		if n.names[i] == name {
			return &n.items[i]
		}
	}
	return nil
}

// plain returns the node in the form of a constraint's values: nil, bool, int64, *big.Int, float64, string, []any or
// map[string]any.
func (n *node) plain() any {
	switch n.kind {
	case kindList:
		list := make([]any, len(n.items))
		for i := range n.items {
			list[i] = n.items[i].plain()
		}
		return list
	case kindObject:
		object := make(map[string]any, len(n.items))
		for i := range n.items {
			object[n.names[i]] = n.items[i].plain()
		}
		return object
	}
	return n.value
}

// readJSON reads one JSON document.
func readJSON(data []byte) (node, *Problem) {
	r := jsonReader{data: data, tokens: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.tokens.UseNumber()
	root, err := r.node(0)
	if err == nil {
		if _, extra := r.tokens.Token(); extra != io.EOF {
			err = errTrailing
		}
	}
	if errors.Is(err, errNodes) {
		return node{}, &Problem{Line: int(r.line), Detail: err.Error()}
	}
	if err != nil {
		r.advance()
		return node{}, &Problem{Line: int(r.line), Detail: "this is not JSON: " + reason(err)}
	}
	return root, nil
}

func reason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || err.Error() == "unexpected end of JSON input" { // the last since Go 1.27
		return "it ends too early"
	}
	return err.Error()
}

type jsonReader struct {
	data   []byte
	tokens *json.Decoder
	offset int64 // lines are counted up to here
	line   int32
	nodes  int
}

func (r *jsonReader) advance() {
	offset := min(r.tokens.InputOffset(), int64(len(r.data)))
	if offset > r.offset {
		r.line += int32(bytes.Count(r.data[r.offset:offset], []byte{'\n'}))
		r.offset = offset
	}
}

func (r *jsonReader) node(depth int) (node, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return node{}, err
	}
	if depth > maxNesting {
		return node{}, errNesting
	}
	if r.nodes++; r.nodes > maxNodes {
		return node{}, errNodes
	}
	r.advance()
	n := node{line: r.line}
	switch token := token.(type) {
	case nil:
		n.kind = kindNull
	case bool:
		n.kind, n.value = kindBool, token
	case string:
		n.kind, n.value = kindString, token
	case json.Number:
		return n.number(token.String())
	case json.Delim:
		if token == '{' {
			n.kind = kindObject
		} else {
			n.kind = kindList
		}
		n.parts = new(parts)
		for r.tokens.More() {
			if n.kind == kindObject {
				name, err := r.tokens.Token()
				if err != nil {
					return node{}, err
				}
				n.names = append(n.names, name.(string))
			}
			item, err := r.node(depth + 1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		_, err = r.tokens.Token() // the closing bracket
	}
	return n, err
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

package flagset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxUnfolded bounds how many nodes a document's aliases may unfold to, which a few lines could make endless
// otherwise. It is far more than people repeat, and takes a few hundred megabytes at worst.
const maxUnfolded = 1_000_000

var (
	errAlias     = errors.New("its aliases unfold to too much")
	errNoName    = errors.New("a name in a mapping must be text")
	errMerge     = errors.New("merge keys (<<) are not supported; repeat the fields, or use an alias for the whole value")
	errTag       = errors.New("the tag is not one of JSON's types")
	errDocuments = errors.New("there is more than one document")
)

// ParseYAML reads a whole document in YAML, in the way in which ParseSet reads JSON. Numbers, text and booleans are
// those of JSON, so text that would be read as another type needs quotes. A time needs none.
func ParseYAML(data []byte) (Set, []Problem) {
	root, problem := readYAML(data)
	if problem != nil {
		return Set{}, []Problem{*problem}
	}
	r := reader{}
	set := r.set(&root)
	return *set.Sorted(), r.problems
}

// readYAML reads one YAML document into the nodes that JSON would give.
func readYAML(data []byte) (node, *Problem) {
	if yamlNodes(data) > maxNodes {
		return node{}, &Problem{Detail: "the document is too long for YAML: write it as JSON, or split it"}
	}
	decoder := yaml.NewDecoder(strings.NewReader(ValidText(string(data))))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return node{kind: kindObject, line: 1, parts: new(parts)}, nil
		}
		return node{}, &Problem{Detail: "this is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if decoder.Decode(&more) == nil {
		return node{}, &Problem{Line: more.Line, Detail: errDocuments.Error()}
	}
	r := yamlReader{left: maxUnfolded}
	root, err := r.node(document.Content[0], 0)
	if err != nil {
		return node{}, &Problem{Line: r.line, Detail: err.Error()}
	}
	if root.kind == kindNull {
		root.kind, root.parts = kindObject, new(parts)
	}
	return root, nil
}

// yamlNodes returns more than the number of values in a YAML document. The YAML library reads a document as a whole, and
// takes 200 bytes for each value, so there is no later moment to count them.
func yamlNodes(data []byte) int {
	n := 1
	for i, c := range data {
		switch c {
		case '\n', '\r', ',', '[', '{':
			n++
		case ':', '-', '?': // inside of a word they begin nothing
			if i+1 == len(data) || strings.IndexByte(" \t\r\n[{\"'", data[i+1]) >= 0 || i > 0 && strings.IndexByte("\"'", data[i-1]) >= 0 {
				n++
			}
		}
	}
	return n
}

type yamlReader struct {
	aliases int // how many aliases lead to the current node
	left    int // how many nodes aliases may still unfold to
	line    int // the current node's line
}

func (r *yamlReader) node(y *yaml.Node, depth int) (node, error) {
	r.line = y.Line
	if r.aliases > 0 {
		if r.left--; r.left < 0 {
			return node{}, errAlias
		}
	}
	if depth > maxNesting {
		return node{}, errNesting
	}
	n := node{line: int32(y.Line)}
	switch y.Kind {
	case yaml.AliasNode:
		r.aliases++
		n, err := r.node(y.Alias, depth+1)
		r.aliases--
		return n, err
	case yaml.SequenceNode:
		n.kind, n.parts = kindList, new(parts)
		for _, item := range y.Content {
			child, err := r.node(item, depth+1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, child)
		}
		return n, nil
	case yaml.MappingNode:
		n.kind, n.parts = kindObject, new(parts)
		for i := 0; i < len(y.Content); i += 2 {
			name := y.Content[i]
			for name.Kind == yaml.AliasNode {
				name = name.Alias
			}
			switch {
			case name.ShortTag() == "!!merge":
				return node{}, errMerge
			case name.Kind != yaml.ScalarNode:
				return node{}, errNoName
			}
			child, err := r.node(y.Content[i+1], depth+1)
			if err != nil {
				return node{}, err
			}
			n.names, n.items = append(n.names, name.Value), append(n.items, child)
		}
		return n, nil
	}
	return n.scalar(y)
}

// scalar sets n to the value of a scalar.
func (n node) scalar(y *yaml.Node) (node, error) {
	switch tag := y.ShortTag(); tag {
	case "!!null":
		return n, nil
	case "!!bool":
		n.kind, n.value = kindBool, strings.EqualFold(y.Value, "true")
		return n, nil
	case "!!str", "!!timestamp":
		n.kind, n.value = kindString, y.Value
		return n, nil
	case "!!int", "!!float":
		return n.yamlNumber(y.Value)
	default:
		return node{}, fmt.Errorf("%s: %w", tag, errTag)
	}
}

// yamlNumber reads the numbers that YAML can write and JSON can't: .5, 5., +5. What readers of YAML disagree about, since
// it may as well be text, is refused: 01234, 0x10, 0o17, 1_000.
func (n node) yamlNumber(text string) (node, error) {
	if len(text) > maxDigits {
		return node{}, errNumberLength
	}
	sign, digits := "", strings.TrimPrefix(text, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if strings.Contains(text, "_") || len(digits) > 1 && digits[0] == '0' && strings.IndexByte(".eE", digits[1]) < 0 {
		return node{}, fmt.Errorf("%s may be a number or text: put it in quotes, or write the number as JSON does", quoted(text))
	}
	if strings.Trim(digits, "0123456789") == "" {
		return n.number(sign + digits)
	}
	switch strings.ToLower(digits) {
	case ".inf", ".nan":
		return node{}, fmt.Errorf("%s is not a number", text)
	}
	if strings.HasPrefix(digits, ".") {
		digits = "0" + digits
	}
	read, err := n.number(sign + digits)
	if err != nil {
		return node{}, fmt.Errorf("%s: %w", text, err)
	}
	if f, ok := read.value.(float64); ok && math.IsInf(f, 0) {
		return node{}, errNumberRange
	}
	return read, nil
}

// MarshalYAML writes a set as a YAML document for people. It leaves out members that are empty or have their usual
// value, and writes short lists on one line.
func MarshalYAML(set *Set) ([]byte, error) {
	data, err := set.MarshalJSON()
	if err != nil {
		return nil, err
	}
	root, problem := readJSON(data)
	if problem != nil {
		return nil, &InvalidError{Problems: []Problem{*problem}}
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(root.yaml("")); err != nil {
		return nil, err
	}
	return text.Bytes(), encoder.Close()
}

// usual lists members with the value that they have when they are left out.
var usual = map[string]string{
	"description": `""`, "owner": `""`, "tags": `[]`, "permanent": `false`, "killed": `false`, "off_variant": `null`,
	"flags": `[]`, "segments": `[]`, "gates": `[]`, "from": `null`, "until": `null`,
}

// yaml returns the node in YAML; name is the name of the member that it is.
func (n *node) yaml(name string) *yaml.Node {
	switch n.kind {
	case kindObject:
		y := &yaml.Node{Kind: yaml.MappingNode}
		for i, member := range n.names {
			// Inside payloads and values, every member is written.
			if left, ok := usual[member]; ok && name != "payload" && name != "values" && string(appendValue(nil, n.items[i].plain())) == left {
				continue
			}
			y.Content = append(y.Content, yamlText(member), n.items[i].yaml(inner(name, member)))
		}
		return y
	case kindList:
		y := &yaml.Node{Kind: yaml.SequenceNode}
		if name == "values" || name == "tags" || len(n.items) == 0 {
			y.Style = yaml.FlowStyle
		}
		for i := range n.items {
			y.Content = append(y.Content, n.items[i].yaml(name))
		}
		return y
	case kindString:
		return yamlText(n.value.(string))
	case kindNull:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case kindBool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: string(appendValue(nil, n.value))}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(appendNumber(nil, n.value))}
}

// inner returns the name for a member inside another: everything inside "payload" and "values" keeps these names.
func inner(name, member string) string {
	if name == "payload" || name == "values" {
		return name
	}
	return member
}

// yamlText returns a string, in quotes if YAML or people would read something else.
func yamlText(s string) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: s}
	switch tag := plain.ShortTag(); {
	case s == "", tag != "!!str" && tag != "!!timestamp", strings.ContainsAny(s, "\n\r\t\u0085\u2028\u2029\ufeff"):
		y.Style = yaml.DoubleQuotedStyle
	case slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(s)): // booleans in YAML 1.1
		y.Style = yaml.DoubleQuotedStyle
	}
	y.Tag = "!!str"
	return y
}

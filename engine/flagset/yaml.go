package flagset

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// maxYAMLValues bounds what is read as YAML at once: a document or, if its flags and segments stand one below the other,
	// one of them. The library makes a tree of it, which takes about 250 bytes for each value.
	maxYAMLValues = 100_000
	// maxUnfolded bounds how many values a document's aliases may unfold to, which a few lines could make endless otherwise,
	// and maxUnfoldedBytes how much text. It is far more than people repeat.
	maxUnfolded      = 1_000_000
	maxUnfoldedBytes = 4 << 20
)

var (
	errUnfolded  = errors.New("it unfolds to too much: write it as JSON, or split it")
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

// readYAML reads one YAML document, and returns its root.
func readYAML(data []byte) (node, *Problem) {
	text, problem := yamlAsJSON(data)
	if problem != nil {
		return node{}, problem
	}
	return rootOf(bytes.Clone(text)), nil // which takes no more than it needs
}

// yamlAsJSON writes a YAML document as JSON, with each value in the line in which it was. An empty document is an empty
// object.
//
// The library can only read a text as a whole. So if the document's flags stand one below the other, some of them are
// read at a time, as long as what stands around them reads without them.
// Why: RATIONALE.md "Why is a document read flag by flag?"
func yamlAsJSON(data []byte) ([]byte, *Problem) {
	w := newYAMLWriter(data)
	around, lists := splitYAML(data)
	if len(lists) > 0 {
		problem := w.document(around, lists)
		if problem == nil || countYAML(data) > maxYAMLValues {
			return w.text, problem
		}
		w = newYAMLWriter(data) // its parts can't be read without each other, or one of them is wrong
	}
	problem := w.document(data, nil)
	return w.text, problem
}

// countYAML returns more than the number of values in a text. There is no later moment to count them.
func countYAML(data []byte) int {
	n := 1
	for i, c := range data {
		switch c {
		case '\n':
			if i+1 < len(data) && data[i+1] != '\n' {
				n++
			}
		case ',', '[', '{':
			n++
		case ':', '-', '?': // inside of a word they begin nothing
			if i+1 == len(data) || strings.IndexByte(" \t\r\n[{\"'", data[i+1]) >= 0 || i > 0 && strings.IndexByte("\"'", data[i-1]) >= 0 {
				n++
			}
		}
	}
	return n
}

// scalar returns the value of a scalar: nil, bool, string, int64, *big.Int or float64.
func scalar(y *yaml.Node) (any, error) {
	switch tag := y.ShortTag(); tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(y.Value, "true"), nil
	case "!!str", "!!timestamp":
		if len(y.Value) > maxString {
			return nil, errString
		}
		return y.Value, nil
	case "!!int", "!!float":
		return yamlNumber(y.Value)
	default:
		return nil, fmt.Errorf("%s: %w", tag, errTag)
	}
}

// yamlNumber reads the numbers that YAML can write and JSON can't: .5, 5., +5. What readers of YAML disagree about, since
// it may as well be text, is refused: 01234, 0x10, 0o17, 1_000.
func yamlNumber(text string) (any, error) {
	if len(text) > maxDigits {
		return nil, errNumberLength
	}
	sign, digits := "", strings.TrimPrefix(text, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if strings.Contains(text, "_") || len(digits) > 1 && digits[0] == '0' && strings.IndexByte(".eE", digits[1]) < 0 {
		return nil, fmt.Errorf("%s may be a number or text: put it in quotes, or write the number as JSON does", quoted(text))
	}
	if strings.Trim(digits, "0123456789") == "" {
		return parseNumber(sign + digits)
	}
	switch strings.ToLower(digits) {
	case ".inf", ".nan":
		return nil, fmt.Errorf("%s is not a number", text)
	}
	if strings.HasPrefix(digits, ".") {
		digits = "0" + digits
	}
	read, err := parseNumber(sign + digits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	if f, ok := read.(float64); ok && math.IsInf(f, 0) {
		return nil, errNumberRange
	}
	return read, nil
}

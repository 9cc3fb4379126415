package httpapi

import (
	"encoding/json"
	"iter"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// cursor reads JSON that is known to be valid.
// Why: RATIONALE.md "Why is OFREP's JSON read by hand?"
type cursor struct {
	text string
	at   int
}

// peek returns the next byte that isn't white space.
func (c *cursor) peek() byte {
	for {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n':
			c.at++
		default:
			return b
		}
	}
}

// members yields an object's names and the text of their values.
func (c *cursor) members() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		c.peek()
		c.at++ // {
		for c.peek() != '}' {
			if c.text[c.at] == ',' {
				c.at++
				c.peek()
			}
			name := unquote(c.value())
			c.peek()
			c.at++ // :
			c.peek()
			if !yield(name, c.value()) {
				return
			}
		}
	}
}

// items yields the text of a list's items.
func (c *cursor) items() iter.Seq[string] {
	return func(yield func(string) bool) {
		c.at++ // [
		for c.peek() != ']' {
			if c.text[c.at] == ',' {
				c.at++
				c.peek()
			}
			if !yield(c.value()) {
				return
			}
		}
	}
}

// value returns the text of the value that begins here.
func (c *cursor) value() string {
	start, depth := c.at, 0
	for ; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case '"':
			for c.at++; c.text[c.at] != '"'; c.at++ {
				if c.text[c.at] == '\\' {
					c.at++
				}
			}
			if depth == 0 {
				c.at++
				return c.text[start:c.at]
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 { // the end of the list or object that a number or a word is in
				return c.text[start:c.at]
			}
			if depth--; depth == 0 {
				c.at++
				return c.text[start:c.at]
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return c.text[start:c.at]
			}
		}
	}
	return c.text[start:]
}

// maxNested is how deep lists and maps of a context are read; deeper ones are null. Host SDKs have the same limit.
const maxNested = 16

// nested returns a list or a map in the form that the engine compares, or "".
func nested(raw string) string {
	var value any
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return ""
	}
	data, err := flagset.AppendValue(nil, cut(value, 1))
	if err != nil {
		return "" // a number beyond a float's range
	}
	return string(data)
}

// cut removes whatever is nested too deep.
func cut(value any, depth int) any {
	switch v := value.(type) {
	case []any:
		if depth > maxNested {
			return nil
		}
		for i := range v {
			v[i] = cut(v[i], depth+1)
		}
	case map[string]any:
		if depth > maxNested {
			return nil
		}
		for name := range v {
			v[name] = cut(v[name], depth+1)
		}
	}
	return value
}

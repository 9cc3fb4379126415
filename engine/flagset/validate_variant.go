package flagset

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// variants checks a variant gate: its names, its weights, and that all payloads have one type.
func (c *checker) variants(variants []Variant) {
	if len(variants) == 0 {
		c.fail("/variants", "there is no variant", "to remove the gate, clear it")
		return
	}
	if len(variants) > engine.MaxVariants {
		c.fail("/variants", fmt.Sprintf("%d variants exceed the limit of %d", len(variants), engine.MaxVariants), "")
	}
	place := c.place
	taken := map[string]bool{}
	first, whole, broken := "", false, false
	positive, sound := false, true
	for i := range variants {
		v := &variants[i]
		c.place = place + "/variants/" + strconv.Itoa(i)
		c.name("/name", v.Name)
		if taken[v.Name] {
			c.fail("/name", quoted(v.Name)+" occurs twice", "")
		}
		taken[v.Name] = true
		ok, above := v.Weight.Sound()
		if !ok {
			c.fail("/weight", v.Weight.String()+" is not a number of 0 or more", "")
		}
		positive, sound = positive || above, sound && ok
		first = c.payload(v.Payload, first)
		if first == kindFloat.String() && v.Payload != nil {
			fraction := strings.ContainsAny(string(v.Payload), ".eE")
			whole, broken = whole || !fraction, broken || fraction
		}
	}
	c.place = place
	if whole && broken {
		c.warn("/variants", "some payloads are integers and some have a fraction", "OpenFeature's clients get all of them as floats: ask for a float")
	}
	switch {
	case !sound:
	case !positive:
		c.fail("/variants", "no weight is above 0", "give at least one variant a positive weight")
	default:
		if _, ok := TotalWeight(SortedVariants(variants)); !ok {
			c.fail("/variants", "the sum of the weights is beyond the range of a float64", "use smaller weights: only their ratios count")
		}
	}
}

// payload checks a payload against the type of those before it, and returns the type for those after it.
func (c *checker) payload(payload []byte, before string) string {
	if payload == nil {
		return before
	}
	root, problem := readJSON(payload)
	if problem != nil {
		c.fail("/payload", problem.Detail, "")
		return before
	}
	if root.kind == kindNull || root.kind == kindList {
		c.fail("/payload", "a payload can't be "+root.kind.String(), "a payload is a boolean, a string, a number or an object")
		return before
	}
	c.text("/payload", string(appendValue(nil, root.plain())), engine.MaxPayloadBytes)
	if beyond(&root) {
		c.warn("/payload", "an integer beyond ±9007199254740992 is rounded in most languages", "put it in quotes: as text it keeps every digit")
	}
	kind := root.kind.String()
	if before != "" && kind != before {
		c.fail("/payload", "this is "+kind+", but the payload before it is "+before, "all of a flag's payloads have one type")
		return before
	}
	return kind
}

// beyond reports whether a payload has an integer that a float can't hold exactly.
func beyond(n *node) bool {
	switch v := n.value.(type) {
	case int64:
		return v > 1<<53 || v < -1<<53
	case *big.Int:
		return true
	}
	for _, item := range n.children() {
		if beyond(item) {
			return true
		}
	}
	return false
}

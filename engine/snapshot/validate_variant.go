package snapshot

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// variants checks a variant gate: names, weights, and that payloads are all of one type, or all missing.
func (c *checker) variants(variants []Variant) {
	if len(variants) == 0 {
		c.fail("/variants", "there is no variant", "to remove the gate, clear it")
		return
	}
	if len(variants) > engine.MaxVariants {
		c.fail("/variants", fmt.Sprintf("%d variants are more than %d", len(variants), engine.MaxVariants), "")
	}
	place := c.place
	taken := map[string]bool{}
	first := payloadType(variants[0].Payload)
	positive, sound := false, true
	for i := range variants {
		v := &variants[i]
		c.place = place + "/variants/" + strconv.Itoa(i)
		c.name("/name", v.Name)
		if taken[v.Name] {
			c.fail("/name", quoted(v.Name)+" is there twice", "")
		}
		taken[v.Name] = true
		ok, above := weight(v.Weight)
		if !ok {
			c.fail("/weight", v.Weight.String()+" is not a number of 0 or more", "")
		}
		positive, sound = positive || above, sound && ok
		c.payload(v.Payload, first)
	}
	c.place = place
	switch {
	case !sound:
	case !positive:
		c.fail("/variants", "no weight is above 0", "give at least one variant a positive weight")
	default:
		if _, ok := cuts(sortedVariants(variants)); !ok {
			c.fail("/variants", "the sum of the weights is beyond the range of a float64", "use smaller weights: only their ratios count")
		}
	}
}

// weight says whether a weight is a number of 0 or more, and whether it is above 0.
func weight(n Number) (ok, positive bool) {
	switch w := n.Value().(type) {
	case int64:
		return w >= 0, w > 0
	case *big.Int:
		return w.Sign() >= 0 && !math.IsInf(n.Float64(), 0), w.Sign() > 0
	case float64:
		return w >= 0 && !math.IsInf(w, 0), w > 0
	}
	return false, false
}

// payload types; all of a flag's variants have the same.
const (
	noPayload      = ""
	brokenPayload  = "broken"
	booleanPayload = "a boolean"
	stringPayload  = "a string"
	numberPayload  = "a number"
	objectPayload  = "an object"
	listPayload    = "a list"
	nullPayload    = "null"
)

func payloadType(payload []byte) string {
	if payload == nil {
		return noPayload
	}
	root, problem := readJSON(payload)
	if problem != nil {
		return brokenPayload
	}
	return [...]string{nullPayload, booleanPayload, numberPayload, numberPayload, stringPayload, listPayload, objectPayload}[root.kind]
}

func (c *checker) payload(payload []byte, first string) {
	kind := payloadType(payload)
	switch {
	case kind == brokenPayload:
		c.fail("/payload", "this is not JSON", "")
	case kind == listPayload || kind == nullPayload:
		c.fail("/payload", "a payload can't be "+kind, "a payload is a boolean, a string, a number or an object")
	case kind != first && kind == noPayload:
		c.fail("/payload", "it is missing, while the first variant has one", "give every variant a payload of the same type, or none")
	case kind != first && first == noPayload:
		c.fail("/payload", "the first variant has none", "give every variant a payload of the same type, or none")
	case kind != first && first != brokenPayload && first != listPayload && first != nullPayload:
		c.fail("/payload", "this is "+kind+", while the first variant's is "+first, "all of a flag's payloads have one type")
	}
	if canonical, err := CanonicalJSON(payload); payload != nil && err == nil {
		c.text("/payload", string(canonical), engine.MaxPayloadBytes)
	}
}

package flagset

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
	"github.com/gonfalon-flags/gonfalon/engine/pattern"
)

// operatorNames are in the order in which hints list them.
var operatorNames = []string{"eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches",
	"semver_gte", "semver_lt", "starts_with", "ends_with"}

// Operators returns the names of the operators.
func Operators() []string { return slices.Clone(operatorNames) }

func (c *checker) constraints(constraints []Constraint, none string) {
	if len(constraints) == 0 {
		c.fail("/constraints", none, "")
	}
	if len(constraints) > engine.MaxConstraints {
		c.fail("/constraints", fmt.Sprintf("%d constraints exceed the limit of %d", len(constraints), engine.MaxConstraints), "")
	}
	place := c.place
	for i := range constraints {
		c.place = place + "/constraints/" + strconv.Itoa(i)
		c.constraint(&constraints[i])
	}
	c.place = place
}

func (c *checker) constraint(k *Constraint) {
	c.name("/attribute", k.Attribute)
	if len(k.Values) > engine.MaxValues {
		c.fail("/values", fmt.Sprintf("%d values exceed the limit of %d", len(k.Values), engine.MaxValues), "put the list into an attribute of the context, or use a group")
	}
	// Check the values in the form in which they will be stored.
	stored := Constraint{Attribute: k.Attribute, Operator: k.Operator, Values: make([]any, len(k.Values))}
	sound := true
	for i, v := range k.Values {
		value, ok := c.value("/values/"+strconv.Itoa(i), v)
		stored.Values[i] = value
		sound = sound && ok
	}
	if !sound {
		return
	}
	k = &stored
	switch {
	case !slices.Contains(operatorNames, k.Operator):
		c.fail("/operator", quoted(k.Operator)+" is not an operator", "operators are "+strings.Join(operatorNames, ", "))
		return
	case k.Operator == "in" || k.Operator == "not_in":
		c.list(k)
		return
	}
	if len(k.Values) != 1 {
		hint := ""
		switch k.Operator {
		case "eq":
			hint = "for a list, use in"
		case "neq":
			hint = "for a list, use not_in"
		}
		c.fail("/values", fmt.Sprintf("%s takes exactly one value, not %d", k.Operator, len(k.Values)), hint)
		return
	}
	c.only(k, k.Values[0])
}

// only checks the value of an operator that compares with exactly one.
func (c *checker) only(k *Constraint, v any) {
	text, isText := v.(string)
	switch k.Operator {
	case "contains", "starts_with", "ends_with":
		if !isText {
			c.fail("/values/0", k.Operator+" takes text, but this is "+valueType(v), quoteHint(v))
		}
	case "semver_gte", "semver_lt":
		if !isText {
			c.fail("/values/0", k.Operator+" takes a version, but this is "+valueType(v), quoteHint(v))
		} else if !engine.IsVersion(text) {
			c.fail("/values/0", quoted(text)+" is not a semantic version", "a version has three numbers, such as 1.2.0 or 2.0.0-rc.1, and no v before them")
		}
	case "matches":
		if !isText {
			c.fail("/values/0", "matches takes a pattern, but this is "+valueType(v), quoteHint(v))
		} else if _, err := pattern.Compile(text); err != nil {
			c.fail("/values/0", err.Detail, err.Hint)
		}
	case "gt", "gte", "lt", "lte":
		if !isText && !isNumber(v) {
			c.fail("/values/0", k.Operator+" compares numbers or text, but this is "+valueType(v), "")
		}
		c.ordered(k.Attribute, text)
	case "eq", "neq":
		if k.Operator == "neq" {
			c.plural(k.Attribute)
		}
		if v == nil {
			c.warn("/values/0", "nothing equals null, because a missing attribute never matches", "")
		}
	}
}

var (
	versionText = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){2,}([-+].*)?$`)
	decimalText = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)
	timeText    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]+([.,][0-9]+)?(Z|[-+][0-9:]+)?$`)
)

// ordered warns about text that looks like something that has an order of its own, which gt and its like don't know.
func (c *checker) ordered(attribute, text string) {
	const versions = "for versions, use semver_gte or semver_lt"
	switch {
	case versionText.MatchString(text):
		c.warn("/values/0", "texts are compared byte by byte: 1.10.0 comes before 1.9.0", versions)
	case decimalText.MatchString(text) && strings.Contains(strings.ToLower(attribute), "version"):
		c.warn("/values/0", quoted(text)+" is compared as a number: 1.10 is 1.1, and less than 1.9", versions)
	case timeText.MatchString(text) && (!strings.HasSuffix(text, "Z") || strings.ContainsAny(text, "., ")):
		c.warn("/values/0", "texts are compared byte by byte, and times with an offset or a fraction out of order", "write times in UTC without a fraction, such as 2026-11-27T08:30:00Z, in the context too")
	}
}

// plural warns that a list is neither equal to a value nor one of them, so that an operator that denies holds for it.
func (c *checker) plural(attribute string) {
	if len(attribute) < 3 || !strings.HasSuffix(attribute, "s") || strings.ContainsAny(attribute[len(attribute)-2:len(attribute)-1], "aiosu") {
		return
	}
	c.warn("/attribute", "if "+quoted(attribute)+" is a list, the constraint holds whatever is in it", "compare a single value, or deny a group")
}

// list warns about values that surprise people with in and not_in, which compare strictly: 5 isn't 5.0 there.
func (c *checker) list(k *Constraint) {
	if k.Operator == "not_in" {
		c.plural(k.Attribute)
	}
	if len(k.Values) == 0 && k.Operator == "in" {
		c.warn("/values", "nothing is in an empty list", "")
	}
	numbers, texts := 0, 0
	for i, v := range k.Values {
		if isNumber(v) {
			numbers++
		}
		text, isText := v.(string)
		if !isText {
			continue
		}
		number, isFloat := floatText(text)
		switch {
		case isFloat && number == math.Trunc(number):
			c.warn("/values/"+strconv.Itoa(i), quoted(text)+" counts as a float here, which no integer equals", "write it without a fraction")
		case !isFloat && !integerText(text):
			texts++
		}
	}
	if numbers > 0 && texts > 0 {
		c.warn("/values", "the list mixes numbers and text", "attributes usually have one type")
	}
}

// value returns a value in the form in which it is stored. It checks that the value has such a form and is not too
// long.
func (c *checker) value(pointer string, v any) (any, bool) {
	stored, err := Normalise(v)
	if err != nil {
		c.fail(pointer, err.Error(), "")
		return nil, false
	}
	w := pack.NewWriter()
	err = w.Value(stored)
	if err != nil {
		c.fail(pointer, err.Error(), "")
		return nil, false
	}
	const head = 5 // bytes before a long string, which the limit doesn't count
	if size := len(w.Bytes()) - head; size > engine.MaxValueBytes {
		c.fail(pointer, fmt.Sprintf("%d bytes exceed the limit of %d", size, engine.MaxValueBytes), "")
		return nil, false
	}
	return stored, true
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, *big.Int, float64:
		return true
	}
	return false
}

func valueType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

func quoteHint(v any) string {
	if v == nil {
		return ""
	}
	if _, isBool := v.(bool); isBool || isNumber(v) {
		return "put it in quotes: \"" + string(appendValue(nil, v)) + "\""
	}
	return ""
}

// integerText and floatText report what a string counts as where constraints compare numbers.
func integerText(s string) bool {
	digits := strings.TrimLeft(s[:min(1, len(s))], "+-") + s[min(1, len(s)):]
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

func floatText(s string) (float64, bool) {
	if s == "" || s[len(s)-1] == '.' || strings.Trim(s, "+-0123456789.eE") != "" || integerText(s) {
		return 0, false
	}
	unsigned := strings.TrimLeft(s[:1], "+-") + s[1:]
	if unsigned == "" || !digit(unsigned[0]) || strings.Contains(unsigned, ".e") || strings.Contains(unsigned, ".E") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

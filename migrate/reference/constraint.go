package reference

import "strings"

// operators are those of bandera/constraint.ex.
var operators = map[string]bool{"eq": true, "neq": true, "in": true, "not_in": true, "contains": true, "gt": true, "gte": true, "lt": true, "lte": true, "matches": true}

// match reports whether the context meets the constraint. The error is ErrUnsure, for a pattern that can't be judged.
func (c Constraint) match(context map[string]any) (bool, error) {
	actual := context[c.Attribute]
	if actual == nil {
		return false, nil // whatever the operator
	}
	switch c.Operator {
	case "in", "not_in":
		return c.contained(actual) == (c.Operator == "in"), nil
	}
	if len(c.Values) != 1 {
		return false, nil
	}
	value := c.Values[0]
	text, isText := actual.(string)
	wanted, wantsText := value.(string)
	switch c.Operator {
	case "eq":
		return equal(coerced(actual), coerced(value), false), nil
	case "neq":
		return !equal(coerced(actual), coerced(value), false), nil
	case "contains":
		return isText && wantsText && strings.Contains(text, wanted), nil
	case "matches":
		if !isText || !wantsText {
			return false, nil
		}
		return matches(wanted, text)
	}
	order, comparable := compare(coerced(actual), coerced(value))
	if !comparable {
		return false, nil
	}
	switch c.Operator {
	case "gt":
		return order > 0, nil
	case "gte":
		return order >= 0, nil
	case "lt":
		return order < 0, nil
	case "lte":
		return order <= 0, nil
	}
	return false, nil
}

func (c Constraint) contained(actual any) bool {
	actual = coerced(actual)
	for _, v := range c.Values {
		if equal(actual, coerced(v), true) {
			return true
		}
	}
	return false
}

// compare orders two numbers or two texts.
func compare(a, b any) (order int, comparable bool) {
	if isNumber(a) && isNumber(b) {
		return exact(a).Cmp(exact(b)), true
	}
	x, isText := a.(string)
	y, bothText := b.(string)
	return strings.Compare(x, y), isText && bothText
}

// HasOperator reports whether Bandera has an operator.
func HasOperator(name string) bool { return operators[name] }

package lint

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// constraints tells of constraints that no context meets together, and of those that meet other contexts than meant.
func (c *checker) constraints(pointer string, list []flagset.Constraint) {
	byAttribute := map[string][]flagset.Constraint{}
	for _, k := range list {
		byAttribute[k.Attribute] = append(byAttribute[k.Attribute], k)
	}
	told := map[string]bool{}
	for i := range list {
		k := &list[i]
		at := pointer + "/constraints/" + strconv.Itoa(i)
		if !told[k.Attribute] && contradict(byAttribute[k.Attribute]) {
			told[k.Attribute] = true
			c.found(NeverHolds, at, fmt.Sprintf("no value of %s meets all of its constraints", quote(k.Attribute)), "a list of constraints is met only if each is")
		}
		switch k.Operator {
		case "neq", "not_in":
			if len(byAttribute[k.Attribute]) == 1 {
				c.found(MissingAttribute, at, fmt.Sprintf("a context without %s doesn't meet it", quote(k.Attribute)), "send the attribute always, or deny a group")
			}
		case "matches":
			if len(k.Values) == 1 {
				if text, ok := k.Values[0].(string); ok {
					c.pattern(at+"/values/0", text)
				}
			}
		}
		c.numbers(at+"/values", k)
	}
}

// numbers tells of lists with integers and fractions, since in tells 5 from 5.0.
func (c *checker) numbers(pointer string, k *flagset.Constraint) {
	if k.Operator != "in" && k.Operator != "not_in" {
		return
	}
	integers, floats := false, false
	for _, v := range k.Values {
		switch v.(type) {
		case int64:
			integers = true
		case float64:
			floats = true
		}
	}
	if integers && floats {
		c.found(MixedNumbers, pointer, "the list has integers and fractions, and in compares them strictly", "use a range: gte and lte")
	}
}

// pattern tells of patterns that match more than somebody who reads them may think.
func (c *checker) pattern(pointer, text string) {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return // which validation tells
	}
	begins, ends, inside := anchors(re)
	literal := inside.Op == syntax.OpLiteral && inside.Flags&syntax.FoldCase == 0 || inside.Op == syntax.OpEmptyMatch
	switch {
	case literal && begins && ends:
		c.found(NeedlessPattern, pointer, "it matches one text alone", "use eq")
	case literal && begins:
		c.found(NeedlessPattern, pointer, "it matches what begins with one text", "use starts_with")
	case literal && ends:
		c.found(NeedlessPattern, pointer, "it matches what ends with one text", "use ends_with")
	case literal:
		c.found(LoosePattern, pointer, "it matches anywhere in the text", "use contains if that is meant, or anchor it with ^ and $")
	case !begins && !ends:
		c.found(LoosePattern, pointer, "it has neither ^ nor $, and so matches anywhere in the text", "anchor it, at least at one end")
	}
	if dot := looseDot(text); dot >= 0 {
		c.found(LoosePattern, pointer, fmt.Sprintf("the dot at byte %d matches any character", dot), `write \. for a dot`)
	}
}

// anchors reports whether a pattern begins and ends with an anchor, and returns what is between.
func anchors(re *syntax.Regexp) (begins, ends bool, inside *syntax.Regexp) {
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	is := func(r *syntax.Regexp, ops ...syntax.Op) bool { return slices.Contains(ops, r.Op) }
	if begins = is(parts[0], syntax.OpBeginText, syntax.OpBeginLine); begins {
		parts = parts[1:]
	}
	if ends = len(parts) > 0 && is(parts[len(parts)-1], syntax.OpEndText, syntax.OpEndLine); ends {
		parts = parts[:len(parts)-1]
	}
	switch len(parts) {
	case 0:
		return begins, ends, &syntax.Regexp{Op: syntax.OpEmptyMatch}
	case 1:
		return begins, ends, parts[0]
	}
	return begins, ends, &syntax.Regexp{Op: syntax.OpConcat, Sub: parts}
}

// looseDot returns where a dot stands between two letters or digits and isn't escaped, as in acme.com, or −1.
func looseDot(text string) int {
	word := func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
	}
	for i := 1; i+1 < len(text); i++ {
		if text[i] == '.' && word(text[i-1]) && word(text[i+1]) && (i < 2 || text[i-2] != '\\') && strings.Count(text[:i], "[") == strings.Count(text[:i], "]") {
			return i
		}
	}
	return -1
}

// contradict reports whether no value meets all constraints of one attribute. It says so only if it is sure: if they
// list the values, or leave no number between them.
func contradict(list []flagset.Constraint) bool {
	for i := range list {
		switch k := &list[i]; k.Operator {
		case "eq", "in":
			if len(k.Values) > 0 && !slices.ContainsFunc(k.Values, func(v any) bool { return meets(comparable(list, v), v) }) {
				return true
			}
		case "semver_gte", "gte", "gt":
			if len(list) > 1 && emptyRange(list, k) {
				return true
			}
		}
	}
	return false
}

// comparable returns the constraints that treat everything that is equal to a value alike. A number is equal to its text
// in any spelling, 5 to "5.00", so those that look at the text are left out.
func comparable(list []flagset.Constraint, v any) []flagset.Constraint {
	text, isText := v.(string)
	if _, err := strconv.ParseFloat(text, 64); isText && err != nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(k flagset.Constraint) bool {
		return !slices.Contains([]string{"eq", "neq", "gt", "gte", "lt", "lte"}, k.Operator)
	})
}

// emptyRange reports whether an upper bound leaves nothing at or above a lower one.
func emptyRange(list []flagset.Constraint, lower *flagset.Constraint) bool {
	if len(lower.Values) != 1 {
		return false
	}
	from := lower.Values[0]
	for i := range list {
		upper := &list[i]
		if len(upper.Values) != 1 {
			continue
		}
		switch {
		case lower.Operator == "semver_gte" && upper.Operator == "semver_lt":
			if !meets([]flagset.Constraint{*upper}, from) {
				return true
			}
		case lower.Operator != "semver_gte" && (upper.Operator == "lt" || upper.Operator == "lte"):
			low, isLow := number(from)
			high, isHigh := number(upper.Values[0])
			if isLow && isHigh && (low > high || low == high && (lower.Operator == "gt" || upper.Operator == "lt")) {
				return true
			}
		}
	}
	return false
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), v >= -1<<53 && v <= 1<<53
	case float64:
		return v, true
	}
	return 0, false
}

// meets lets the engine say whether a value meets all of the constraints of one attribute.
func meets(list []flagset.Constraint, v any) bool {
	if len(list) == 0 {
		return true
	}
	const key = "f"
	set := &flagset.Set{Flags: []flagset.Flag{{Key: key, Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: list}}}}}
	data, _ := snapshot.Compile(snapshot.Header{}, set, snapshot.Tolerant)
	text, err := request.Request{Flags: []string{key}, Attributes: map[string]any{list[0].Attribute: v}}.Append(nil)
	if data == nil || err != nil {
		return true // which isn't known
	}
	var r engine.Request
	loaded, err := engine.Load(data)
	if err != nil || !r.Parse(string(text)) {
		return true
	}
	var scratch engine.Scratch
	var d engine.Decision
	r.Evaluate(loaded, &scratch, &d)
	return d.Enabled
}

// quote returns a name for use in a sentence.
func quote(name string) string { return strconv.Quote(name) }

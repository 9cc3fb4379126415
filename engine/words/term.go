package words

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// operator is how a constraint's operator is said: in a sentence, and in a phrase.
type operator struct{ long, short string }

var operators = map[string]operator{
	"eq":          {"is", "is"},
	"neq":         {"is not", "is not"},
	"in":          {"is one of", "in"},
	"not_in":      {"is none of", "not in"},
	"contains":    {"contains", "contains"},
	"gt":          {"is more than", ">"},
	"gte":         {"is at least", "≥"},
	"lt":          {"is less than", "<"},
	"lte":         {"is at most", "≤"},
	"matches":     {"matches", "matches"},
	"semver_gte":  {"is at least version", "≥"},
	"semver_lt":   {"is below version", "<"},
	"starts_with": {"starts with", "starts with"},
	"ends_with":   {"ends with", "ends with"},
}

func longTerm(c flagset.Constraint) string {
	return term(c, operators[c.Operator].long, mostTerms)
}

func shortTerm(c flagset.Constraint) string {
	return term(c, operators[c.Operator].short, fewTerms)
}

// term says one constraint.
func term(c flagset.Constraint, operator string, most int) string {
	if operator == "" {
		operator = name(c.Operator) // one that this build doesn't know, and that never holds
	}
	var values []string
	more := ""
	for i, v := range c.Values {
		if i == most-1 && len(c.Values) > most {
			more = " and " + thousands(len(c.Values)-i) + " more"
			break
		}
		values = append(values, value(v, c.Operator))
	}
	return name(c.Attribute) + " " + operator + " " + strings.Join(values, ", ") + more
}

// terms says constraints, all of which must hold.
func terms(constraints []flagset.Constraint, say func(flagset.Constraint) string, most int) string {
	var said []string
	for i, c := range constraints {
		if i == most-1 && len(constraints) > most {
			said = append(said, count(len(constraints)-i, "more condition"))
			break
		}
		said = append(said, say(c))
	}
	return strings.Join(said, " and ")
}

package httpapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// params reads a request's query.
type params struct {
	values   url.Values
	problems []api.Problem
}

// params returns the query's parameters. A parameter that the route doesn't know is refused.
// Why: RATIONALE.md "Why is an unknown query parameter an error?"
func (c *call) params() *params {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	p := &params{values: values}
	if err != nil {
		p.fail("", err.Error(), "")
	}
	known := strings.Fields(c.route.query)
	for name, given := range values {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			p.fail(name, "the parameter is unknown", "this path takes none")
		case !slices.Contains(known, name):
			p.fail(name, "the parameter is unknown", "parameters are "+strings.Join(known, ", "))
		case len(given) > 1:
			p.fail(name, "it occurs "+strconv.Itoa(len(given))+" times", "")
		}
	}
	return p
}

func (p *params) fail(name, detail, hint string) {
	p.problems = append(p.problems, api.Problem{Parameter: name, Detail: detail, Hint: hint})
}

func (p *params) text(name string) string { return p.values.Get(name) }

// number returns a parameter that is a whole number from 0 to most.
func (p *params) number(name string, most int64) int64 {
	text := p.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		p.fail(name, quote(text)+" is not a number from 0 to "+strconv.FormatInt(most, 10), "")
	}
	return n
}

func (p *params) truth(name string) bool {
	switch text := p.text(name); text {
	case "", "false", "0":
		return false
	case "true", "1":
		return true
	default:
		p.fail(name, quote(text)+" is neither true nor false", "")
		return true // a misspelt dry run must not write
	}
}

func (p *params) moment(name string) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		p.fail(name, quote(text)+" is not a time", "write it as 2026-11-27T00:00:00Z")
	}
	return t
}

// age returns a parameter that is a duration in weeks, days, or Go's units: 2w, 30d, 12h, 90m.
func (p *params) age(name string) time.Duration {
	text := p.text(name)
	if text == "" {
		return 0
	}
	d, err := parseAge(text)
	if err != nil {
		p.fail(name, quote(text)+" is not a duration", "write it as 30d, 2w or 12h")
	}
	return d
}

func parseAge(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if digits, found := strings.CutSuffix(text, unit); found {
			n, err := strconv.ParseUint(digits, 10, 16)
			return time.Duration(n) * length, err
		}
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = fmt.Errorf("%s is negative", text)
	}
	return d, err
}

// choice returns a parameter that is one of some words, or "".
func (p *params) choice(name string, words ...string) string {
	text := p.text(name)
	if text != "" && !slices.Contains(words, text) {
		p.fail(name, quote(text)+" is not one of "+strings.Join(words, ", "), "")
	}
	return text
}

// at returns a moment of an environment, by revision or by time.
func (p *params) at() api.At {
	at := api.At{Revision: p.number("revision", 1<<53), Time: p.moment("time")}
	if at.Revision != 0 && !at.Time.IsZero() {
		p.fail("time", "revision and time exclude each other", "give one of the two")
	}
	return at
}

// err returns what is wrong with the query.
func (p *params) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	slices.SortFunc(p.problems, func(a, b api.Problem) int { return strings.Compare(a.Parameter, b.Parameter) })
	e := badQuery.of("", "")
	e.Errors = p.problems
	return e
}

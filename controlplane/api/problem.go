package api

import (
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// ProblemDocument is a problem document (RFC 9457), with which the control plane says why it refused a request.
type ProblemDocument struct {
	Type       string    `json:"type"` // such as "/problems/invalid-flag"; a GET of this path explains it
	Title      string    `json:"title"`
	Status     int       `json:"status"`
	Detail     string    `json:"detail,omitempty"`
	Errors     []Problem `json:"errors,omitempty"`
	Users      []string  `json:"users,omitempty"`       // for in-use: the flags that need it
	Current    string    `json:"current,omitempty"`     // for precondition-failed: the current version
	RetryAfter int       `json:"retry_after,omitempty"` // seconds
}

// Problem says what is wrong with a document, and where.
type Problem struct {
	Parameter string `json:"parameter,omitempty"` // the query parameter that is wrong; then there is no pointer
	Flag      string `json:"flag,omitempty"`      // in a document of many
	Segment   string `json:"segment,omitempty"`   // in a document of many
	Pointer   string `json:"pointer"`             // JSON pointer into the body, or into the named flag or segment
	Line      int    `json:"line,omitempty"`      // line of the text
	File      string `json:"-"`                   // that the text came from, if whoever shows the problem knows it
	Detail    string `json:"detail"`
	Hint      string `json:"hint,omitempty"`
}

// Problems converts a validator's problems to those of a document: the first flagset.MaxProblems, and whether there are
// more.
func Problems(problems []flagset.Problem) []Problem {
	var list []Problem
	for i, p := range problems {
		if i == flagset.MaxProblems {
			return append(list, Problem{Detail: "and more"})
		}
		list = append(list, Problem{Flag: p.Flag, Segment: p.Segment, Pointer: p.Pointer, Line: p.Line, Detail: p.Detail, Hint: p.Hint})
	}
	return list
}

// Error returns the title and everything that is wrong, each on its own line.
func (e *ProblemDocument) Error() string {
	var b strings.Builder
	b.WriteString(e.Title)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, p := range e.Errors {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// String returns the problem on one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ": ")
	}
	if p.Line > 0 {
		b.WriteString("line " + strconv.Itoa(p.Line) + ": ")
	}
	switch {
	case p.Flag != "":
		b.WriteString("flag " + p.Flag + " ")
	case p.Segment != "":
		b.WriteString("segment " + p.Segment + " ")
	}
	switch {
	case p.Parameter != "":
		b.WriteString(p.Parameter + ": ")
	case p.Pointer != "":
		b.WriteString(p.Pointer + ": ")
	}
	b.WriteString(p.Detail)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

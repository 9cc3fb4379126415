package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// decisionLine says what was decided of what.
func decisionLine(e api.Explanation) string {
	state := onOff(e.Enabled)
	if e.Killed {
		state = "killed"
	}
	return fmt.Sprintf("%s · %s · revision %d · %s  %s", e.Key, e.Environment, e.Revision, state, e.Reason)
}

// printTrace tells how a decision came about, a step after the other.
func printTrace(w io.Writer, e api.Explanation) error {
	lines := []string{decisionLine(e)}
	for i, s := range e.Steps {
		lines = append(lines, fmt.Sprintf("%2d. %s → %s", i+1, strings.TrimSpace(s.Gate+" "+s.Target), outcomeWords[s.Outcome]))
		lines = append(lines, indented(stepLines(s))...)
	}
	switch {
	case len(e.Steps) == 0:
		lines = append(lines, "    there is no gate to look at")
	case e.Gate == "":
		lines = append(lines, "no gate decides, so it is "+onOff(e.Enabled))
	default:
		lines = append(lines, "decided by "+strings.TrimSpace(e.Gate+" "+e.Target)+"; what comes after isn't looked at")
	}
	if e.Variant != nil {
		line := "variant " + *e.Variant
		if e.Score != nil {
			line += fmt.Sprintf(", by the score %.4f", *e.Score)
		}
		lines = append(lines, strings.TrimRight(line+" "+string(e.Payload), " "))
	}
	for _, line := range lines {
		if err := sayFolded(w, line); err != nil {
			return err
		}
	}
	return nil
}

// outcomeWords tell what a gate said.
var outcomeWords = map[string]string{
	"no": "no, so the next gate", "yes": "yes, so it is on", "deny": "denied, so it is off", "pass": "met, so the next gate", "fail": "not met, so it is off",
	"not_asked": "can't be asked, so the next gate",
}

// stepLines tell what a gate compared.
func stepLines(s api.Step) []string {
	var lines []string
	for _, c := range s.Comparisons {
		line := c.Attribute + " " + c.Operator + " " + c.Values + ": it is " + c.Actual
		if c.Actual == "" {
			line = c.Attribute + " " + c.Operator + " " + c.Values + ": it is missing"
		}
		if c.Held {
			line += ", which holds"
		} else {
			line += ", which doesn't hold"
		}
		lines = append(lines, line)
	}
	if d := s.Draw; d != nil && d.Drawn != nil {
		granted := "granted"
		if *d.Drawn > d.Most {
			granted = "not granted"
		}
		lines = append(lines, fmt.Sprintf("drew %d of at most %d, and up to %d is granted: %s", *d.Drawn, d.Last, d.Most, granted))
		if d.Input != "" {
			lines = append(lines, fmt.Sprintf("the first two bytes of SHA-256(%q)", d.Input))
		}
	}
	if len(s.Comparisons) == 0 {
		lines = append([]string{s.Detail}, lines...)
	}
	return lines
}

func indented(lines []string) []string {
	for i := range lines {
		lines[i] = "    " + lines[i]
	}
	return lines
}

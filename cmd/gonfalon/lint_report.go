package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/lint"
)

// lintForms are the forms in which lint prints.
//
// Why: RATIONALE.md "Why does lint write SARIF and JUnit by itself?"
var lintForms = []string{"text", "json", "sarif", "junit"}

// print writes the findings.
func (l *linting) print(c *cobra.Command, findings []lint.Finding) error {
	w := c.OutOrStdout()
	switch l.form {
	case "json":
		return writeJSON(w, map[string]any{"findings": append([]lint.Finding{}, findings...)})
	case "sarif":
		return writeJSON(w, sarifOf(findings))
	case "junit":
		return l.writeJUnit(w, findings)
	}
	counts := map[lint.Level]int{}
	for _, f := range findings {
		counts[f.Level]++
		if err := say(w, "%s\n", l.line(f)); err != nil {
			return err
		}
	}
	told := l.looked()
	if len(findings) == 0 {
		return say(c.ErrOrStderr(), "nothing found in %s\n", told)
	}
	return say(c.ErrOrStderr(), "%s, %s and %s in %s; gonfalon lint --rules says why\n",
		count(counts[lint.Error], "error"), count(counts[lint.Warning], "warning"), count(counts[lint.Note], "note"), told)
}

// looked says what was looked at.
func (l *linting) looked() string {
	if l.files == nil {
		return l.env
	}
	return count(len(l.files.set.Flags), "flag") + " of " + count(len(l.files.files), "file")
}

// line is a finding on one line, the way a compiler prints it.
func (l *linting) line(f lint.Finding) string {
	p := flagset.Problem{Flag: f.Flag, Segment: f.Segment, Gate: f.Gate, Pointer: f.Pointer, Detail: f.Detail, Hint: f.Hint}
	place := l.env
	if l.files != nil {
		place = f.File
	}
	if f.Line > 0 {
		place += ":" + strconv.Itoa(f.Line)
	}
	if place != "" {
		place += ": "
	}
	return place + f.Level.String() + ": " + p.String() + " [" + f.Rule + "]"
}

func writeJSON(w io.Writer, document any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// These are the parts of SARIF 2.1.0 that lint fills in.
type (
	sarif struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID       string         `json:"id"`
		Short    sarifText      `json:"shortDescription"`
		Full     sarifText      `json:"fullDescription"`
		Help     sarifText      `json:"help"`
		Defaults map[string]any `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Level     lint.Level      `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact map[string]string `json:"artifactLocation"`
		Region   map[string]int    `json:"region,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

func sarifOf(findings []lint.Finding) sarif {
	driver := sarifDriver{Name: "gonfalon", Version: version}
	for _, r := range lint.Rules() {
		driver.Rules = append(driver.Rules, sarifRule{
			ID: r.ID, Short: sarifText{r.Title}, Full: sarifText{r.Why}, Help: sarifText{r.Mend}, Defaults: map[string]any{"level": r.Level},
		})
	}
	results := []sarifResult{}
	for _, f := range findings {
		message := f.Detail
		if f.Hint != "" {
			message += " (" + f.Hint + ")"
		}
		var at sarifLocation
		if f.File != "" && f.File != "-" {
			at.Physical = &sarifPhysical{Artifact: map[string]string{"uri": (&url.URL{Path: filepath.ToSlash(f.File)}).String()}}
			if f.Line > 0 {
				at.Physical.Region = map[string]int{"startLine": f.Line}
			}
		}
		if about := aboutOf(f); about != "" {
			at.Logical = []sarifLogical{{about + f.Pointer, "member"}}
		}
		results = append(results, sarifResult{f.Rule, f.Level, sarifText{message}, []sarifLocation{at}})
	}
	return sarif{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{{sarifTool{driver}, results}}}
}

// aboutOf names what a finding is about: "flag checkout", "segment adults", "" for the whole.
func aboutOf(f lint.Finding) string {
	switch {
	case f.Flag != "":
		return "flag " + f.Flag
	case f.Segment != "":
		return "segment " + f.Segment
	}
	return ""
}

// These are the parts of JUnit's reports that lint fills in.
type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suite    junitSuite
	}
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a test case for each flag and segment, which fails if a finding makes the exit status 1.
func (l *linting) writeJUnit(w io.Writer, findings []lint.Finding) error {
	by := map[string][]lint.Finding{}
	for _, f := range findings {
		by[aboutOf(f)] = append(by[aboutOf(f)], f)
	}
	if l.files != nil { // those without a finding pass
		for _, f := range l.files.set.Flags {
			by["flag "+f.Key] = append(by["flag "+f.Key], nil...)
		}
		for _, s := range l.files.set.Segments {
			by["segment "+s.Key] = append(by["segment "+s.Key], nil...)
		}
	}
	suite := junitSuite{Name: "gonfalon lint " + visible(l.looked())}
	for _, about := range sortedKeys(by) {
		list := by[about]
		slices.SortStableFunc(list, func(a, b lint.Finding) int { return int(b.Level) - int(a.Level) })
		test := junitCase{Name: visible(about), Class: "flags"}
		if about == "" {
			test.Name = "the files"
		}
		var lines []string
		for _, f := range list {
			lines = append(lines, visible(l.line(f)))
			test.File = visible(f.File)
		}
		if text := strings.Join(lines, "\n"); len(list) > 0 && list[0].Level >= l.least {
			test.Failure = &junitFailure{visible(list[0].Detail), list[0].Rule, text}
			suite.Failures++
		} else {
			test.Out = text
		}
		suite.Cases = append(suite.Cases, test)
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Tests: suite.Tests, Failures: suite.Failures, Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

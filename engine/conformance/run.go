package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Answer holds the parts of a decision that the vectors have answers for.
type Answer struct {
	Enabled bool
	Variant *string // nil for no variant
	Score16 int32   // −1 if the decision didn't need it; then Run asks for it separately
}

// Decide answers a request from a snapshot. wasm/ABI.md describes the bytes of the request.
type Decide func(snapshot, request []byte) (Answer, error)

// Native decides with the engine in this process.
func Native(snapshot, request []byte) (Answer, error) {
	s, err := engine.Load(snapshot)
	if err != nil {
		return Answer{}, err
	}
	var r engine.Request
	if !r.Parse(string(request)) {
		return Answer{}, errors.New("the request is malformed")
	}
	var scratch engine.Scratch
	var d engine.Decision
	s.Evaluate(r.Flag, &r.Input, &scratch, &d)
	a := Answer{Enabled: d.Enabled, Score16: d.Score}
	if d.VariantIndex >= 0 {
		name := strings.Clone(d.Variant)
		a.Variant = &name
	}
	return a, nil
}

// Family counts the cases of one family of one file.
type Family struct {
	File, Name              string
	Passed, Failed, Skipped int
}

// Report is the outcome of a run.
type Report struct {
	Families []Family
	Results  []Result       // of every case that was run
	Skips    map[string]int // how often each reason occurred
}

// Result is a case with its answer, and what was wrong. The answer is nil if the case isn't a single decision.
type Result struct {
	Case   *Case
	Answer *Answer
	Err    error
}

// Failures returns the results that were wrong.
func (r *Report) Failures() []Result {
	return slices.DeleteFunc(slices.Clone(r.Results), func(x Result) bool { return x.Err == nil })
}

// Run runs every case that isn't skipped, and reports the outcome.
func Run(cases []Case, decide Decide) *Report {
	r := &Report{Skips: map[string]int{}}
	for i := range cases {
		c := &cases[i]
		f := r.family(c)
		if c.Skip != "" {
			f.Skipped++
			r.Skips[c.Skip]++
			continue
		}
		answer, err := c.answer(decide)
		r.Results = append(r.Results, Result{c, answer, err})
		if err != nil {
			f.Failed++
		} else {
			f.Passed++
		}
	}
	return r
}

// Run runs one case, and says how its answer differs.
func (c *Case) Run(decide Decide) error {
	_, err := c.answer(decide)
	return err
}

func (c *Case) answer(decide Decide) (*Answer, error) {
	if c.check != nil {
		return nil, c.check(decide)
	}
	data, err := c.Snapshot()
	if err != nil {
		return nil, err
	}
	request, err := c.request()
	if err != nil {
		return nil, err
	}
	answer, err := decide(data, request)
	if err != nil {
		return nil, err
	}
	if answer.Score16 < 0 && c.Request.Actor != nil {
		if answer.Score16, err = c.score(decide); err != nil {
			return nil, err
		}
	}
	return &answer, c.Expect.compare(answer)
}

// score asks for a score that the decision didn't need, with a flag of the same key that always needs it.
// Why: RATIONALE.md "Why does conformance ask for the score separately?"
func (c *Case) score(decide Decide) (int32, error) {
	var probe Case
	probe.ask(c.Flag, variants(map[string]any{"any": json.Number("1")}))
	probe.Request.Actor = c.Request.Actor
	data, err := probe.Snapshot()
	if err != nil {
		return 0, err
	}
	request, err := probe.Request.Append(nil)
	if err != nil {
		return 0, err
	}
	answer, err := decide(data, request)
	return answer.Score16, err
}

func (e Expect) compare(a Answer) error {
	var wrong []error
	if e.Enabled != nil && a.Enabled != *e.Enabled {
		wrong = append(wrong, fmt.Errorf("enabled is %t, not %t", a.Enabled, *e.Enabled))
	}
	if e.Variant != nil && name(a.Variant) != name(e.Variant.Name) {
		wrong = append(wrong, fmt.Errorf("the variant is %s, not %s", name(a.Variant), name(e.Variant.Name)))
	}
	if e.Score16 != nil && a.Score16 != *e.Score16 {
		wrong = append(wrong, fmt.Errorf("the score is %d, not %d", a.Score16, *e.Score16))
	}
	return errors.Join(wrong...)
}

func name(s *string) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%q", *s)
}

func (r *Report) family(c *Case) *Family {
	i := slices.IndexFunc(r.Families, func(f Family) bool { return f.File == c.File && f.Name == c.Family })
	if i < 0 {
		i = len(r.Families)
		r.Families = append(r.Families, Family{File: c.File, Name: c.Family})
	}
	return &r.Families[i]
}

// Total returns the sum over all families.
func (r *Report) Total() Family {
	var total Family
	for _, f := range r.Families {
		total.Passed += f.Passed
		total.Failed += f.Failed
		total.Skipped += f.Skipped
	}
	return total
}

// Write prints a line per family, the failures, the reasons for skipping and, last, the totals: "N passed, N failed, N
// skipped".
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Families {
		fmt.Fprintf(&b, "%-22s %-16s %5d passed %5d failed %5d skipped\n", f.File, f.Name, f.Passed, f.Failed, f.Skipped)
	}
	for _, f := range r.Failures() {
		fmt.Fprintf(&b, "FAIL %s: %s\n", f.Case.Name(), strings.ReplaceAll(f.Err.Error(), "\n", "; "))
	}
	reasons := make([]string, 0, len(r.Skips))
	for reason := range r.Skips {
		reasons = append(reasons, reason)
	}
	slices.Sort(reasons)
	for _, reason := range reasons {
		fmt.Fprintf(&b, "skipped %d: %s\n", r.Skips[reason], reason)
	}
	total := r.Total()
	fmt.Fprintf(&b, "%d passed, %d failed, %d skipped\n", total.Passed, total.Failed, total.Skipped)
	_, err := io.WriteString(w, b.String())
	return err
}

package engine

import "math"

// Outcome is what one gate says.
type Outcome uint8

// These are the outcomes.
const (
	OutcomeNo       Outcome = iota // the gate neither grants nor denies
	OutcomeYes                     // the gate grants
	OutcomeDeny                    // the gate denies
	OutcomePass                    // a prerequisite is met
	OutcomeFail                    // a prerequisite isn't met
	OutcomeNotAsked                // the gate needs an actor or a context, and the input has none
)

// Step is one gate that the engine looked at, with what it compared. What A, B and C mean depends on the gate:
//
//	actor, group           A state in the snapshot: 1 deny, 2 allow, 3 both
//	rule, segment          A score, −1 not needed; B greatest score granted, or Everybody
//	boolean                A 1 on, 0 off
//	schedule               A from, B until (least and greatest int64 are open ends), C now, in Unix microseconds
//	percentage_of_actors   A score, −1 without an actor; B greatest score granted
//	percentage_of_time     A draw; B greatest draw granted
//	prerequisite           A required: 1 on, 0 off; B found: 1 on, 0 off, 2 cycle, too deep, too costly or unreadable, 3 missing
//	none                   A 1 if the comparisons took too many steps, 0 if this engine can't read the flag's record
type Step struct {
	Gate    Gate
	Outcome Outcome
	Target  string
	A, B, C int64

	constraints run
}

// Constraints returns the range [from, to) of a rule or segment step's constraints, for [Snapshot.Comparison].
func (x *Step) Constraints() (from, to int32) { return x.constraints.from, x.constraints.to }

// Comparison is one constraint of a rule or a segment, and the result of comparing it.
type Comparison struct {
	Attribute string
	Operator  Operator
	Values    int32     // how many values it has, for Snapshot.Value
	Actual    Attribute // the context's attribute, with a nil value if it has none
	Held      bool
	values    run
}

// Prerequisite findings that are neither on nor off.
const (
	foundCycle   = 2
	foundMissing = 3
)

// explainer writes steps. It counts the steps that don't fit, but drops them.
type explainer struct {
	steps []Step
	n     int32
}

func (e *explainer) add(g Gate, o Outcome, target string, a, b, c int64) {
	e.addRule(g, o, target, a, b, run{})
	if e.n <= int32(len(e.steps)) {
		e.steps[e.n-1].C = c
	}
}

func (e *explainer) addRule(g Gate, o Outcome, target string, a, b int64, constraints run) {
	if e.n < int32(len(e.steps)) {
		e.steps[e.n] = Step{Gate: g, Outcome: o, Target: target, A: a, B: b, constraints: constraints}
	}
	e.n++
}

// Explain decides flag i into d, and writes a step for every gate that it looked at, in order, up to the one that
// decided. It returns the number of steps; those beyond len(steps) are left out.
func (s *Snapshot) Explain(i int32, in *Input, sc *Scratch, d *Decision, steps []Step) int32 {
	s.EvaluateAt(i, in, sc, d)
	f := &s.flags[i]
	e := explainer{steps: steps}
	if d.Gate == GateKill {
		e.add(GateKill, OutcomeDeny, "", 0, 0, 0)
		return e.n
	}
	if !s.Readable(i) {
		e.add(GateNone, OutcomeFail, "", 0, 0, 0)
		return e.n
	}
	var b budget // so that the comparisons stop where they stopped in the decision
	if !s.explainPrerequisites(i, in, sc, &b, &e) {
		return e.n
	}
	if s.explainGates(f, in, sc, &b, d, &e); d.Exhausted {
		e.add(GateNone, OutcomeFail, "", 1, 0, 0)
	}
	return e.n
}

func (s *Snapshot) explainPrerequisites(i int32, in *Input, sc *Scratch, b *budget, e *explainer) bool {
	f := &s.flags[i]
	if f.prerequisites.from == f.prerequisites.to {
		return true
	}
	sc.visits.start(i)
	for k := f.prerequisites.from; k < f.prerequisites.to; k++ {
		p := &s.prerequisites[k]
		want, found := int64(0), int64(0)
		if p.want {
			want = 1
		}
		switch s.resolve(p.parent, in, sc, b) {
		case on:
			found = 1
		case visiting:
			found = foundCycle
		default:
			if p.parent < 0 {
				found = foundMissing
			}
		}
		if found == foundCycle || p.want != (found == 1) {
			e.add(GatePrerequisite, OutcomeFail, s.str(p.name), want, found, 0)
			return false
		}
		e.add(GatePrerequisite, OutcomePass, s.str(p.name), want, found, 0)
	}
	return true
}

// explainGates follows the precedence of gates; d is already decided.
// Why: RATIONALE.md "Why does `Explain` repeat the order of gates that `Evaluate` has?"
func (s *Snapshot) explainGates(f *flag, in *Input, sc *Scratch, b *budget, d *Decision, e *explainer) {
	if f.actors.mask >= 0 {
		if in.Presence != Keyed {
			e.add(GateActor, OutcomeNotAsked, "", 0, 0, 0)
		} else {
			state := s.state(f.actors, in.Actor)
			e.add(GateActor, granted(state), in.Actor, int64(state), 0, 0)
		}
		if d.Gate == GateActor {
			return
		}
	}
	if f.groups.mask >= 0 {
		switch {
		case in.Presence == NoActor:
			e.add(GateGroup, OutcomeNotAsked, "", 0, 0, 0)
		case d.Gate == GateGroup:
			state := s.state(f.groups, d.Target)
			o := OutcomeDeny
			if d.Enabled {
				o = OutcomeYes
			}
			e.add(GateGroup, o, d.Target, int64(state), 0, 0)
			return
		default:
			e.add(GateGroup, OutcomeNo, "", 0, 0, 0)
		}
	}
	if s.explainRules(f, in, sc, b, d, e) || d.Exhausted {
		return
	}
	if f.bits&bitOn != 0 {
		e.add(GateBoolean, OutcomeYes, "", 1, 0, 0)
		return
	}
	e.add(GateBoolean, OutcomeNo, "", 0, 0, 0)
	for i := f.windows.from; i < f.windows.to; i++ {
		w := &s.windows[i]
		if in.Now >= w.from && in.Now < w.until {
			e.add(GateSchedule, OutcomeYes, "", w.from, w.until, in.Now)
			return
		}
		e.add(GateSchedule, OutcomeNo, "", w.from, w.until, in.Now)
	}
	switch {
	case f.actorsScore >= 0 && in.Presence != NoActor:
		o := OutcomeNo
		switch {
		case in.Presence == Keyless:
			o = OutcomeNotAsked
		case d.Gate == GatePercentageOfActors:
			o = OutcomeYes
		}
		e.add(GatePercentageOfActors, o, "", int64(d.Score), int64(f.actorsScore), 0)
	case f.timeDraw >= 0:
		o := OutcomeNo
		if d.Gate == GatePercentageOfTime {
			o = OutcomeYes
		}
		e.add(GatePercentageOfTime, o, "", int64(draw(in.Roll, f.chance)), int64(f.timeDraw), 0)
	case f.actorsScore >= 0:
		e.add(GatePercentageOfActors, OutcomeNotAsked, "", -1, int64(f.actorsScore), 0)
	}
}

func granted(state uint32) Outcome {
	switch state {
	case stateAllow:
		return OutcomeYes
	case stateDeny:
		return OutcomeDeny
	}
	return OutcomeNo
}

// explainRules adds the rules up to the one that granted, and reports whether one did.
func (s *Snapshot) explainRules(f *flag, in *Input, sc *Scratch, b *budget, d *Decision, e *explainer) bool {
	for i := f.rules.from; i < f.rules.to; i++ {
		r := &s.rules[i]
		g, target := GateRule, ""
		if r.segment >= 0 {
			g, target = GateSegment, s.str(s.segments[r.segment].key)
		}
		score := int64(-1)
		if r.score < Everybody && in.Presence == Keyed {
			if score = int64(d.Score); score < 0 {
				score = int64(s.score(f, in))
			}
		}
		o := OutcomeNo
		switch {
		case in.pending == 0 && len(in.Attributes) == 0:
			o = OutcomeNotAsked
		case s.holdAll(r.constraints, in, sc, b) && (r.score == Everybody || in.Presence == Keyed && score <= int64(r.score)):
			o = OutcomeYes
		}
		e.addRule(g, o, target, score, int64(r.score), r.constraints)
		if o == OutcomeYes {
			return true
		}
		if d.Exhausted && b.spent() {
			return false
		}
	}
	return false
}

// Comparison reads into x how constraint i of a step compared; i is in the range that [Step.Constraints] returns.
func (s *Snapshot) Comparison(i int32, in *Input, sc *Scratch, x *Comparison) {
	var b budget
	s.comparison(i, in, sc, &b, x)
}

func (s *Snapshot) comparison(i int32, in *Input, sc *Scratch, b *budget, x *Comparison) {
	c := &s.constraints[i]
	*x = Comparison{Attribute: s.str(c.attribute), Operator: c.operator, Values: c.values.to - c.values.from, values: c.values}
	x.Actual = Attribute{Name: x.Attribute, nameFingerprint: c.fingerprint, kind: kindNil}
	if a := s.attribute(c, in); a != nil {
		x.Actual = *a
		x.Held = s.holdAll(run{i, i + 1}, in, sc, b)
	}
}

// Value returns value k of a comparison's constraint; k is in [0, x.Values).
func (s *Snapshot) Value(x *Comparison, k int32) Attribute {
	v := &s.values[x.values.from+k]
	a := Attribute{Name: x.Attribute, kind: v.kind, num: v.num, text: s.str(v.text)}
	return a
}

// OpenFrom and OpenUntil stand for a window's open ends.
const (
	OpenFrom  = math.MinInt64
	OpenUntil = math.MaxInt64
)

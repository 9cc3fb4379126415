package engine

// Evaluate decides the flag with this key into d. sc may be nil if no flag of the snapshot needs a Scratch.
func (s *Snapshot) Evaluate(key string, in *Input, sc *Scratch, d *Decision) {
	s.decide(s.Find(key), in, sc, d)
}

// decide decides flag i; i is −1 for an unknown flag.
func (s *Snapshot) decide(i int32, in *Input, sc *Scratch, d *Decision) {
	if i < 0 {
		*d = Decision{Score: -1, VariantIndex: -1}
		return
	}
	s.EvaluateAt(i, in, sc, d)
}

// EvaluateAt decides flag i into d; i is in [0, Len). sc may be nil if the flag doesn't need a Scratch.
func (s *Snapshot) EvaluateAt(i int32, in *Input, sc *Scratch, d *Decision) {
	f := &s.flags[i]
	*d = Decision{Score: -1, VariantIndex: -1}
	if sc != nil {
		sc.steps = 0
	}
	d.Variants = f.variants.from < f.variants.to
	d.Fixed = f.bits&bitFixed != 0
	if f.bits&(bitKilled|bitUnreadable) != 0 {
		if f.bits&bitUnreadable != 0 {
			d.Reason = ReasonDefault
			return
		}
		d.Reason, d.Gate = ReasonKilled, GateKill
		s.serve(f.offVariant, d)
		return
	}
	if d.Variants && in.Presence == Keyed {
		d.Score = s.score(f, in)
		s.serve(s.pick(f, d.Score), d)
	}
	var b budget
	if f.prerequisites.from < f.prerequisites.to {
		sc.visits.start(i)
		if p, met := s.met(f, in, sc, &b); met != on {
			sc.steps = b.steps
			d.Reason, d.Gate = ReasonPrerequisite, GatePrerequisite
			d.Target = s.str(s.prerequisites[p].name)
			return
		}
	}
	s.gates(f, in, sc, &b, d)
	if sc != nil {
		sc.steps = b.steps
	}
	if b.spent() {
		d.Enabled, d.Reason, d.Gate, d.Target, d.Exhausted = false, ReasonDefault, GateNone, "", true
	}
}

// EvaluateAll decides many flags for one input into out: the flags with these numbers, each in [0, Len), or all flags
// in ascending order of their keys if flags is nil. It returns the number of decisions written, at most len(out).
func (s *Snapshot) EvaluateAll(flags []int32, in *Input, sc *Scratch, out []Decision) int32 {
	n := int32(len(flags))
	if flags == nil {
		n = s.Len()
	}
	n = min(n, int32(len(out)))
	for i := int32(0); i < n; i++ {
		at := i
		if flags != nil {
			at = flags[i]
		}
		s.EvaluateAt(at, in, sc, &out[i])
	}
	return n
}

// gates applies a flag's own gates in their precedence and sets d to what the first one decides. The caller passes d
// as a denial by no gate.
func (s *Snapshot) gates(f *flag, in *Input, sc *Scratch, b *budget, d *Decision) {
	if f.actors.mask >= 0 && in.Presence == Keyed {
		if state := s.state(f.actors, in.Actor); state != 0 {
			d.Enabled, d.Reason, d.Gate, d.Target = state == stateAllow, ReasonTargetingMatch, GateActor, in.Actor
			return
		}
	}
	if f.groups.mask >= 0 && in.Presence != NoActor {
		if group, state := s.groupState(f, in); state != 0 {
			d.Enabled, d.Reason, d.Gate, d.Target = state == stateAllow, ReasonTargetingMatch, GateGroup, group
			return
		}
	}
	if f.rules.from < f.rules.to {
		if s.anyRule(f, in, sc, b, d) {
			return
		}
	}
	if f.bits&bitOn != 0 {
		d.Enabled, d.Reason, d.Gate = true, ReasonStatic, GateBoolean
		return
	}
	for i := f.windows.from; i < f.windows.to; i++ {
		if w := &s.windows[i]; in.Now >= w.from && in.Now < w.until {
			d.Enabled, d.Reason, d.Gate = true, ReasonTargetingMatch, GateSchedule
			return
		}
	}
	if f.actorsScore >= 0 && in.Presence != NoActor {
		if in.Presence == Keyed && s.scored(f, in, d) <= f.actorsScore {
			d.Enabled, d.Reason, d.Gate = true, ReasonSplit, GatePercentageOfActors
			return
		}
	} else if f.timeDraw >= 0 && draw(in.Roll, f.chance) <= f.timeDraw {
		d.Enabled, d.Reason, d.Gate = true, ReasonSplit, GatePercentageOfTime
		return
	}
	d.Reason = ReasonDefault
}

// groupState weighs the gates for all of the actor's groups. It returns the group that decides and its state, or ""
// and 0.
func (s *Snapshot) groupState(f *flag, in *Input) (string, uint32) {
	wins, loses := uint32(stateDeny), uint32(stateAllow)
	if s.allow {
		wins, loses = stateAllow, stateDeny
	}
	lost := int32(-1)
	for i := range in.Groups {
		switch state := s.state(f.groups, in.Groups[i]); {
		case state&wins != 0:
			return in.Groups[i], wins
		case state != 0 && lost < 0:
			lost = int32(i)
		}
	}
	if lost < 0 {
		return "", 0
	}
	return in.Groups[lost], loses
}

// anyRule finds the first rule or segment gate that grants, and reports whether there is one.
func (s *Snapshot) anyRule(f *flag, in *Input, sc *Scratch, b *budget, d *Decision) bool {
	if in.pending > 0 {
		in.unpack()
	}
	if len(in.Attributes) == 0 {
		return false
	}
	for i := f.rules.from; i < f.rules.to; i++ {
		r := &s.rules[i]
		if !s.holdAll(r.constraints, in, sc, b) {
			if b.spent() {
				return false
			}
			continue
		}
		if r.score < Everybody && (in.Presence != Keyed || s.scored(f, in, d) > r.score) {
			continue
		}
		d.Enabled, d.Reason, d.Gate = true, ReasonTargetingMatch, GateRule
		if r.segment >= 0 {
			d.Gate = GateSegment
			d.Target = s.str(s.segments[r.segment].key)
		}
		return true
	}
	return false
}

// scored returns the actor's score for f, which it computes at most once per decision.
func (s *Snapshot) scored(f *flag, in *Input, d *Decision) int32 {
	if d.Score < 0 {
		d.Score = s.score(f, in)
	}
	return d.Score
}

func (s *Snapshot) score(f *flag, in *Input) int32 { return int32(Score(in.Actor, s.str(f.key))) }

// pick returns the variant for a score: the first whose cut is above the score, else the last.
func (s *Snapshot) pick(f *flag, score int32) int32 {
	i := f.variants.from
	for i < f.variants.to-1 && score >= s.variants[i].cut {
		i++
	}
	return i
}

// serve puts variant i, or none, into d.
func (s *Snapshot) serve(i int32, d *Decision) {
	if i < 0 {
		return
	}
	v := &s.variants[i]
	d.VariantIndex, d.Variant, d.Payload = i, s.str(v.name), s.str(v.payload)
}

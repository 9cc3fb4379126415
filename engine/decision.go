package engine

// Reason says why a flag was decided the way it was.
type Reason uint8

// These are the reasons.
const (
	ReasonUnknownFlag    Reason = iota // the snapshot doesn't have the flag
	ReasonDefault                      // no gate granted
	ReasonStatic                       // the boolean gate
	ReasonTargetingMatch               // an actor, group, rule, segment or schedule gate
	ReasonSplit                        // a percentage gate
	ReasonKilled                       // the flag is killed
	ReasonPrerequisite                 // a prerequisite isn't met
	ReasonNotReady                     // a host's answer while it has no snapshot; the engine never returns it
)

// Gate is a kind of gate.
type Gate uint8

// These are the kinds of gate. GateNone means that no gate decided.
const (
	GateNone Gate = iota
	GateBoolean
	GateActor
	GateGroup
	GateRule
	GateSegment
	GateSchedule
	GatePercentageOfActors
	GatePercentageOfTime
	GatePrerequisite
	GateKill
)

// Decision is the answer for one flag and one input.
type Decision struct {
	Enabled      bool
	Reason       Reason
	Gate         Gate   // the gate that decided
	Score        int32  // the actor's score for this flag, 0…65535; −1 if it wasn't needed
	Fixed        bool   // the decision is the same for every input
	Exhausted    bool   // the flag is off because its comparisons took more than MaxSteps
	Variants     bool   // the flag has a variant gate, whether or not a variant was served
	VariantIndex int32  // the variant's index in the snapshot, stable while the snapshot is loaded; −1 for no variant
	Variant      string // the variant's name
	Payload      string // the variant's payload as canonical JSON; empty if it has none
	Target       string // the deciding gate's target: an actor, group, segment or parent flag
}

// Pack returns the decision in one word, as ABI.md lays it out.
func (d *Decision) Pack() uint32 {
	w := uint32(d.Reason)<<1 | uint32(d.Gate)<<5 | uint32(d.Score+1)<<9
	if d.Enabled {
		w |= 1
	}
	if d.VariantIndex >= 0 {
		w |= 1 << 26
	}
	if hasTarget(d.Gate) {
		w |= 1 << 27
	}
	if d.Variants { // Why: RATIONALE.md "Why does the packed decision say whether the flag has a variant gate?"
		w |= 1 << 28
	}
	if d.Fixed {
		w |= 1 << 29
	}
	if d.Exhausted {
		w |= 1 << 30
	}
	return w
}

func hasTarget(g Gate) bool {
	return g == GateActor || g == GateGroup || g == GateSegment || g == GatePrerequisite
}

// Scratch is the working memory for flags with prerequisites or patterns, about 8 KB. It serves one evaluation at a
// time. Its zero value is ready to use.
type Scratch struct {
	visits  visits
	machine machine
	steps   int32 // that the last decision took
}

// Steps returns how many steps the comparisons of the last decision took. A server that decides many flags for one
// request adds them up to bound what the request may cost.
func (sc *Scratch) Steps() int { return int(sc.steps) }

package engine

// Reason says why a decision is what it is.
type Reason uint8

const (
	ReasonUnknownFlag    Reason = iota // the snapshot has no such flag
	ReasonDefault                      // nothing granted
	ReasonStatic                       // the boolean gate
	ReasonTargetingMatch               // an actor, group, rule, segment or schedule gate
	ReasonSplit                        // a percentage gate
	ReasonKilled                       // the flag is killed
	ReasonPrerequisite                 // a prerequisite isn't met
)

// Gate is a kind of gate.
type Gate uint8

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
	Gate         Gate   // that decided
	Score        int32  // of the actor for this flag, 0…65535; −1 if it wasn't needed
	Fixed        bool   // whatever the input, this flag is decided so
	Variants     bool   // the flag has a variant gate, whether one was served or not
	VariantIndex int32  // of the variant in the snapshot, stable as long as that is loaded; −1 without one
	Variant      string // the variant's name
	Payload      string // the variant's payload, canonical JSON; empty if it has none
	Target       string // of the deciding gate: an actor, group, segment or parent flag
}

// Pack is the decision in one word, as ABI.md lays it out.
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
	if d.Variants {
		w |= 1 << 28
	}
	if d.Fixed {
		w |= 1 << 29
	}
	return w
}

func hasTarget(g Gate) bool {
	return g == GateActor || g == GateGroup || g == GateSegment || g == GatePrerequisite
}

// Scratch is the memory that deciding a flag with prerequisites or patterns needs, about 8 KB. It serves one evaluation at a
// time; its zero value is ready.
type Scratch struct {
	visits  visits
	machine machine
}

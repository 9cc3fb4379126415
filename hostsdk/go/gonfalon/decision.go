package gonfalon

import (
	"errors"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Reason says why a flag was decided the way it was: "STATIC", "KILLED" …
//
// Why: RATIONALE.md "Why is a decision's reason the engine's, and not OpenFeature's?"
type Reason = engine.Reason

// Gate is a kind of gate: "boolean", "group" …
type Gate = engine.Gate

// Decision is the whole answer about one flag.
type Decision struct {
	Key         string
	Enabled     bool
	Reason      Reason  // engine.ReasonNotReady if no snapshot could decide
	Gate        Gate    // the gate that decided, or engine.GateNone
	Target      string  // the deciding gate's target: an actor, group, segment or parent flag
	Variant     string  // the name of the variant served; empty for none
	Payload     string  // the variant's payload as canonical JSON; empty if it has none
	HasVariants bool    // the flag has a variant gate, whether or not a variant was served
	Exhausted   bool    // the flag is off because its comparisons took too many steps over this context
	Score       float64 // the actor's place in [0, 1) for this flag, which percentages and variants go by; −1 if it wasn't needed
	Revision    int64   // of the snapshot that decided
	Err         error   // what kept the engine from deciding: it wraps ErrContext, or the engine failed. Nil if nothing is loaded

	float bool // the payload is an integer of a flag that has other numbers, too
}

// ErrContext is the error of a decision whose context can't be read: more than 256 of the groups, or of the attributes,
// that one flag asks for, or a [Member] that panics.
var ErrContext = errors.New("gonfalon: the context can't be read")

// scores is the number of scores that the engine tells apart.
const scores = 1 << 16

// decision lays out what g decided; g is nil if no snapshot could decide, and err says why.
func (g *generation) decision(key string, d *engine.Decision, err error) Decision {
	out := Decision{
		Key: key, Enabled: d.Enabled, Reason: d.Reason, Gate: d.Gate, Target: d.Target, Variant: d.Variant, Payload: d.Payload,
		HasVariants: d.Variants, Exhausted: d.Exhausted, Score: -1, Err: err,
	}
	if d.Score >= 0 {
		out.Score = float64(d.Score) / scores
	}
	if g != nil {
		out.Revision = g.info.Position.Revision
		out.float = isInteger(d.Payload) && g.hasFloats(key)
	}
	return out
}

// undecided is the engine's form of an answer that no gate gave.
func undecided(why Reason) engine.Decision {
	return engine.Decision{Reason: why, Score: -1, VariantIndex: -1}
}

// known reports whether there is such a flag.
func known(why Reason) bool { return why != engine.ReasonUnknownFlag && why != engine.ReasonNotReady }

// Known reports whether a snapshot decided, and has the flag.
func (d *Decision) Known() bool { return known(d.Reason) }

// Killed reports whether the flag is killed: off, whatever its gates say.
func (d *Decision) Killed() bool { return d.Reason == engine.ReasonKilled }

// Path returns the deciding gate with its target: "group/staff", "boolean". It is empty if no gate decided.
func (d *Decision) Path() string {
	if d.Target == "" {
		return d.Gate.String()
	}
	return d.Gate.String() + "/" + d.Target
}

// Reasons and error codes of a Resolution are OpenFeature's.
const (
	ReasonStatic         = "STATIC"
	ReasonDefault        = "DEFAULT"
	ReasonTargetingMatch = "TARGETING_MATCH"
	ReasonSplit          = "SPLIT"
	ReasonDisabled       = "DISABLED"
	ReasonError          = "ERROR"

	ErrorNotReady       = "PROVIDER_NOT_READY"
	ErrorInvalidContext = "INVALID_CONTEXT"
	ErrorGeneral        = "GENERAL"
	ErrorFlagNotFound   = "FLAG_NOT_FOUND"
	ErrorTypeMismatch   = "TYPE_MISMATCH"
)

// These are the variants of a flag that has none of its own.
const (
	variantOn  = "on"
	variantOff = "off"
)

// Resolution is a decision in the terms of OpenFeature and OFREP: one value of one type.
type Resolution struct {
	Value   any    // bool, string, int64, float64 or map[string]any; nil: the caller's default
	Variant string // its name, if one was served; "on" or "off" for a flag without variants
	Reason  string
	Error   string // empty: none
}

// Resolve returns the flag's value for the decision. The table in ../../README.md says the same for all SDKs.
func (d *Decision) Resolve() Resolution {
	killed, served := d.Killed(), d.Variant != ""
	switch {
	case d.Reason == engine.ReasonNotReady:
		return Resolution{Reason: ReasonError, Error: d.failure()}
	case d.Reason == engine.ReasonUnknownFlag:
		return Resolution{Reason: ReasonError, Error: ErrorFlagNotFound}
	case served && killed:
		return Resolution{Value: d.value(), Variant: d.Variant, Reason: ReasonStatic}
	case d.HasVariants && killed:
		return Resolution{Reason: ReasonDisabled}
	case killed:
		return Resolution{Value: false, Variant: variantOff, Reason: ReasonStatic}
	case served:
		return Resolution{Value: d.value(), Variant: d.Variant, Reason: ReasonSplit}
	case d.HasVariants:
		return Resolution{Reason: ReasonDefault}
	case d.Reason == engine.ReasonPrerequisite:
		return Resolution{Value: false, Variant: variantOff, Reason: ReasonDefault}
	case d.Enabled:
		return Resolution{Value: true, Variant: variantOn, Reason: d.Reason.String()}
	}
	return Resolution{Value: false, Variant: variantOff, Reason: d.Reason.String()}
}

// failure returns the code of what kept a snapshot from deciding.
func (d *Decision) failure() string {
	switch {
	case d.Err == nil:
		return ErrorNotReady
	case errors.Is(d.Err, ErrContext):
		return ErrorInvalidContext
	}
	return ErrorGeneral
}

// value is the served variant's payload, or its name. The numbers of a flag are of one type: floats, if any of them has
// a fraction.
func (d *Decision) value() any {
	if d.Payload == "" {
		return d.Variant
	}
	v := parsePayload(d.Payload)
	if n, ok := v.(int64); ok && d.float {
		return float64(n)
	}
	return v
}

// Metadata returns what a provider reports besides the value: enabled, gate, revision, killed.
func (d *Decision) Metadata() map[string]any {
	m := map[string]any{}
	if d.Reason == engine.ReasonNotReady {
		return m
	}
	m["revision"] = d.Revision
	if d.Reason == engine.ReasonUnknownFlag {
		return m
	}
	m["enabled"] = d.Enabled
	if d.Gate != engine.GateNone {
		m["gate"] = d.Path()
	}
	if d.Killed() {
		m["killed"] = true
	}
	return m
}

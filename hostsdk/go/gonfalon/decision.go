package gonfalon

import (
	"github.com/gonfalon-flags/gonfalon/engine"
)

// Decision is the whole answer for one flag.
type Decision struct {
	engine.Decision // Enabled, Reason, Gate, Target, Variant, Payload (canonical JSON), …

	Key      string
	Revision int64 // of the snapshot that decided
	Ready    bool  // a snapshot decided; false before the first
}

// decision is d as g decided it; g is nil if nothing is known, and d too if nothing was asked.
func (c *Client) decision(key string, g *generation, d *engine.Decision) Decision {
	out := Decision{Key: key}
	if d == nil {
		out.Decision = engine.Decision{Score: -1, VariantIndex: -1}
	} else {
		out.Decision = *d
	}
	if g == nil {
		g = c.serving.Load()
	}
	if g != nil && d != nil {
		out.Ready, out.Revision = true, g.info.Position.Revision
	}
	return out
}

// Known says whether there is such a flag.
func (d *Decision) Known() bool { return d.Ready && d.Reason != engine.ReasonUnknownFlag }

// Served says whether a variant was served.
func (d *Decision) Served() bool { return d.VariantIndex >= 0 }

// Place is the actor's place in [0, 1) for this flag, by which percentages and variants go; false if none was needed.
func (d *Decision) Place() (float64, bool) { return float64(max(d.Score, 0)) / 65536, d.Score >= 0 }

// Path is the deciding gate with its target, as "group/staff" or "boolean"; empty if none decided.
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

	ErrorNotReady     = "PROVIDER_NOT_READY"
	ErrorFlagNotFound = "FLAG_NOT_FOUND"
	ErrorTypeMismatch = "TYPE_MISMATCH"
)

// Resolution is a decision as OpenFeature and OFREP put it: one value of one type.
type Resolution struct {
	Value   any    // bool, string, int64, float64 or map[string]any; nil: the caller's default
	Variant string // its name, if one was served
	Reason  string
	Error   string // empty: none
}

// Resolve maps the decision to a value. The table in ../../README.md, which says the same, is the law of all SDKs.
func (d *Decision) Resolve() Resolution {
	killed := d.Reason == engine.ReasonKilled
	switch {
	case !d.Ready:
		return Resolution{Reason: ReasonError, Error: ErrorNotReady}
	case d.Reason == engine.ReasonUnknownFlag:
		return Resolution{Reason: ReasonError, Error: ErrorFlagNotFound}
	case d.Served() && killed:
		return Resolution{Value: d.value(), Variant: d.Variant, Reason: ReasonStatic}
	case d.Variants && killed:
		return Resolution{Reason: ReasonDisabled}
	case killed:
		return Resolution{Value: false, Reason: ReasonStatic}
	case d.Served():
		return Resolution{Value: d.value(), Variant: d.Variant, Reason: ReasonSplit}
	case d.Variants:
		return Resolution{Reason: ReasonDefault}
	case d.Reason == engine.ReasonPrerequisite:
		return Resolution{Value: false, Reason: ReasonDefault}
	}
	return Resolution{Value: d.Enabled, Reason: d.Reason.String()}
}

// value is the served variant's payload, or its name.
func (d *Decision) value() any {
	if d.Payload == "" {
		return d.Variant
	}
	return parsePayload(d.Payload)
}

// Metadata is what a Resolution tells beside the value: enabled, gate, revision, killed.
func (d *Decision) Metadata() map[string]any {
	m := map[string]any{}
	if !d.Ready {
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
	if d.Reason == engine.ReasonKilled {
		m["killed"] = true
	}
	return m
}

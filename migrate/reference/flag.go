package reference

// Type is the type of a gate.
type Type string

// These are the types of Bandera's gates. FunWithFlags has the first five.
const (
	Boolean            Type = "boolean"
	Actor              Type = "actor"
	Group              Type = "group"
	PercentageOfTime   Type = "percentage_of_time"
	PercentageOfActors Type = "percentage_of_actors"
	Variant            Type = "variant"
	Rule               Type = "rule"
	Segment            Type = "segment"
	Prerequisite       Type = "prerequisite"
	Schedule           Type = "schedule"
)

// SegmentPrefix begins the name of a flag that holds a segment of Bandera.
const SegmentPrefix = "bandera_segment:"

// Flag is a flag with its gates in the order in which the library evaluates them.
type Flag struct {
	Name   string
	Gates  []Gate
	Raises string // why the library can't read the flag, so that every question about it raises; "" if it can
}

// Gate is one gate. Each type uses its own fields, as a gate of package flagset does.
type Gate struct {
	Type        Type
	For         string // the actor's key, the group, the segment or the parent
	Enabled     bool
	Ratio       float64
	Weights     map[string]any // variant: *big.Int or float64
	Constraints []Constraint
	From, Until any    // schedule: nil is open, and what isn't a time never is
	Raises      string // why a question that reaches the gate raises; "" if it doesn't
}

// Constraint compares an attribute with values: nil, bool, string, *big.Int, float64, []any and map[string]any.
type Constraint struct {
	Attribute, Operator string
	Values              []any
}

// ID returns the slot that the libraries keep the gate in.
func (g Gate) ID() string {
	switch g.Type {
	case Actor, Group, Segment, Prerequisite:
		return string(g.Type) + "/" + g.For
	case PercentageOfTime, PercentageOfActors:
		return "percentage"
	}
	return string(g.Type)
}

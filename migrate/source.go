package migrate

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Source is a place that flags are moved from.
type Source interface {
	// Read reads every flag as of one moment, and changes nothing. It calls progress now and then.
	Read(ctx context.Context, progress func(Progress)) (Contents, error)
	// String names the source, without its password.
	String() string
	// Close lets go of the source.
	Close() error
}

// Notifier is a source that can tell that something changed. It may miss changes, so it only hastens a look.
type Notifier interface {
	// Changes returns a channel that receives something after changes, until the context ends.
	Changes(ctx context.Context) <-chan struct{}
}

// Progress is how far reading is.
type Progress struct {
	Flags, Gates int
	Again        int // how often it began again, since the source changed
}

// Contents is what a source has.
type Contents interface {
	// Describe says what the flags are here.
	Describe() Description
	// Decide answers as the source does. draw is chance: a number in 1…10,000 for a flag that is on for a part of the
	// time. A question that the source wouldn't answer, or that can't be judged, is an error.
	Decide(flag string, s *Subject, now time.Time, draw func(flag string) int) (Answer, error)
	// Edges returns the numbers of chance between which the answers about a flag change; none if chance doesn't matter.
	Edges(flag string) []int
	// Rename returns the same contents with other names for some flags.
	Rename(names map[string]string) Contents
}

// Subject is whom a flag is asked for.
type Subject struct {
	Actor      *string // nil: nobody
	Groups     []string
	Attributes map[string]any // as encoding/json decodes them with UseNumber
}

// Answer is a decision, and the gate that made it: "" if none did.
type Answer struct {
	Enabled bool
	Variant *string
	By      string
}

// Description says what a source's flags are here.
type Description struct {
	Set      flagset.Set `json:"-"`        // sorted by key
	Findings []Finding   `json:"findings"` // in the order of flags and segments
	Flags    []Origin    `json:"flags"`    // all flags of the source, in the order of their names
	Segments int         `json:"segments"`
	Gates    int         `json:"gates"`
}

// Origin is a flag of the source.
type Origin struct {
	Name string `json:"name"`          // in the source
	Key  string `json:"key,omitempty"` // here; "" if it isn't carried
}

// Effect is what a finding means for decisions.
type Effect string

// These are the effects, worst first.
const (
	LeftOut Effect = "left out"   // the flag, or the segment, isn't carried
	Differs Effect = "may differ" // some decisions may be others
	Same    Effect = "same"       // it is carried in another form that decides the same
)

// Finding is something that isn't carried as it is.
type Finding struct {
	Flag    string `json:"flag,omitempty"`    // the name in the source
	Segment string `json:"segment,omitempty"` // instead of a flag
	Gate    string `json:"gate,omitempty"`    // the gate's slot, or what the source has in its place
	Effect  Effect `json:"effect"`
	Detail  string `json:"detail"`
	WayOut  string `json:"way_out,omitempty"`
}

// String returns the finding on one line.
func (f Finding) String() string {
	text := "flag " + f.Flag
	if f.Segment != "" {
		text = "segment " + f.Segment
	}
	if f.Gate != "" {
		text += " (" + f.Gate + ")"
	}
	text += ": " + string(f.Effect) + ": " + f.Detail
	if f.WayOut != "" {
		text += " (" + f.WayOut + ")"
	}
	return text
}

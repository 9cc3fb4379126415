package snapshot

import (
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Mode says what compiling does with malformed parts.
type Mode int

const (
	// Strict refuses a record that has errors. It is for writes.
	Strict Mode = iota
	// Tolerant reports errors as warnings and compiles malformed parts so that they grant nothing, as the reference
	// does. A constraint that can't hold becomes "never", and a gate that can't be read is left out. Where leaving
	// something out could turn a flag on, the whole flag is off. Gates keep their order. It is for flags that exist
	// already, such as imported ones.
	// Why: RATIONALE.md "What does tolerant compilation do with malformed gates?"
	Tolerant
)

// Kind says whether a record holds a flag or a segment.
type Kind uint8

// These are the kinds of record.
const (
	FlagRecord Kind = iota
	SegmentRecord
)

// Record is one compiled flag or segment. It depends on nothing else, and may be kept and shared. A record without a
// body stands for something that no snapshot can hold, such as a flag whose key is too long; Assemble leaves it out.
type Record struct {
	Kind   Kind
	Key    string
	Body   []byte
	Counts Counts
}

// Counts is what a record adds to the totals in a snapshot's header, by [engine.Count].
type Counts [engine.Counts]int

// Add returns the sum of two counts.
func (c Counts) Add(d Counts) Counts {
	for i := range c {
		c[i] += d[i]
	}
	return c
}

// CompileFlag compiles one flag. Strict compiles its canonical form, or nothing if the flag has an error; Tolerant
// compiles every flag. The problems are those that ValidateFlag finds.
func CompileFlag(f *flagset.Flag, mode Mode) (Record, []flagset.Problem) {
	problems := flagset.ValidateFlag(f)
	if mode == Strict {
		canonical := f.Canonical()
		f = &canonical
	}
	return flagSource(f).compile(problems, mode)
}

// CompileValidated compiles one flag whose problems are known: malformed parts grant nothing, as in Tolerant mode. It
// returns what the engine refuses beyond what ValidateFlag finds; such a flag is compiled as one that is off.
func CompileValidated(f *flagset.Flag) (Record, []flagset.Problem) { return flagSource(f).record() }

// CompileSegment compiles one segment, in the way in which CompileFlag compiles a flag.
func CompileSegment(s *flagset.Segment, mode Mode) (Record, []flagset.Problem) {
	problems := flagset.ValidateSegment(s)
	if mode == Strict {
		canonical := s.Canonical()
		s = &canonical
	}
	return segmentSource(s).compile(problems, mode)
}

// CompileValidatedSegment compiles one segment, in the way in which CompileValidated compiles a flag.
func CompileValidatedSegment(s *flagset.Segment) (Record, []flagset.Problem) {
	return segmentSource(s).record()
}

// source is a flag or a segment to be compiled.
type source struct {
	kind    Kind
	key     string
	write   func(*compiler)
	instead func(*compiler) // writes a source that grants nothing
	refused flagset.Problem // names the source, for what the engine says about it
}

func flagSource(f *flagset.Flag) source {
	return source{
		kind: FlagRecord, key: f.Key, refused: flagset.Problem{Flag: f.Key},
		write:   func(c *compiler) { c.flag(f) },
		instead: func(c *compiler) { c.flag(&flagset.Flag{}) },
	}
}

func segmentSource(s *flagset.Segment) source {
	return source{
		kind: SegmentRecord, key: s.Key, refused: flagset.Problem{Segment: s.Key},
		write:   func(c *compiler) { c.segment(s.Constraints) },
		instead: func(c *compiler) { c.segment(nil) },
	}
}

// compile compiles a source with these problems. Strict returns no record if there is an error, and Tolerant turns
// errors into warnings.
func (s source) compile(problems []flagset.Problem, mode Mode) (Record, []flagset.Problem) {
	if mode == Strict && flagset.Err(problems) != nil {
		return Record{}, problems
	}
	record, refused := s.record()
	problems = append(problems, refused...)
	if mode == Strict && refused != nil {
		return Record{}, problems
	}
	if mode == Tolerant {
		for i := range problems {
			problems[i].Severity = flagset.Warning
		}
	}
	return record, problems
}

// record writes the source. If the engine refuses what is written, it writes instead of it what grants nothing, and
// no body if the engine refuses even that.
func (s source) record() (Record, []flagset.Problem) {
	record := Record{Kind: s.kind, Key: flagset.ValidText(s.key)}
	err := record.fill(s.write)
	if err == nil {
		return record, nil
	}
	if record.fill(s.instead) != nil {
		record.Body, record.Counts = nil, Counts{}
	}
	s.refused.Detail = err.Error()
	return record, []flagset.Problem{s.refused}
}

// fill writes the record's body, and returns why the engine refuses it.
func (r *Record) fill(write func(*compiler)) error {
	c := newCompiler()
	write(c)
	r.Body, r.Counts = c.Bytes(), c.counts
	return loads(*r)
}

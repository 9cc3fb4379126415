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
		if flagset.Err(problems) != nil {
			return Record{}, problems
		}
		canonical := f.Canonical()
		f = &canonical
	}
	record, refused := CompileValidated(f)
	return finish(record, append(problems, refused...), mode)
}

// CompileValidated compiles one flag whose problems are known: malformed parts grant nothing, as in Tolerant mode. It
// returns what the engine refuses beyond what ValidateFlag finds; such a flag is compiled as one that is off.
func CompileValidated(f *flagset.Flag) (Record, []flagset.Problem) {
	c := newCompiler()
	c.flag(f)
	record := Record{Kind: FlagRecord, Key: flagset.ValidText(f.Key), Body: c.Bytes(), Counts: c.counts}
	if err := loads(record); err != nil {
		return instead(record, func(c *compiler) { c.flag(&flagset.Flag{}) }), []flagset.Problem{{Flag: f.Key, Detail: err.Error()}}
	}
	return record, nil
}

// CompileSegment compiles one segment, in the way in which CompileFlag compiles a flag.
func CompileSegment(s *flagset.Segment, mode Mode) (Record, []flagset.Problem) {
	problems := flagset.ValidateSegment(s)
	if mode == Strict {
		if flagset.Err(problems) != nil {
			return Record{}, problems
		}
		canonical := s.Canonical()
		s = &canonical
	}
	record, refused := CompileValidatedSegment(s)
	return finish(record, append(problems, refused...), mode)
}

// CompileValidatedSegment compiles one segment, in the way in which CompileValidated compiles a flag.
func CompileValidatedSegment(s *flagset.Segment) (Record, []flagset.Problem) {
	c := newCompiler()
	c.segment(s.Constraints)
	record := Record{Kind: SegmentRecord, Key: flagset.ValidText(s.Key), Body: c.Bytes(), Counts: c.counts}
	if err := loads(record); err != nil {
		return instead(record, func(c *compiler) { c.segment(nil) }), []flagset.Problem{{Segment: s.Key, Detail: err.Error()}}
	}
	return record, nil
}

// instead writes something simpler in place of a record that the engine refuses, and no body if the engine refuses
// even that.
func instead(record Record, write func(*compiler)) Record {
	c := newCompiler()
	write(c)
	record.Body, record.Counts = c.Bytes(), c.counts
	if loads(record) != nil {
		record.Body, record.Counts = nil, Counts{}
	}
	return record
}

// finish drops a record with errors if mode is Strict, and turns its errors into warnings if mode is Tolerant.
func finish(record Record, problems []flagset.Problem, mode Mode) (Record, []flagset.Problem) {
	if mode == Strict && flagset.Err(problems) != nil {
		return Record{}, problems
	}
	if mode == Tolerant {
		for i := range problems {
			problems[i].Severity = flagset.Warning
		}
	}
	return record, problems
}

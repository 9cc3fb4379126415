package snapshot

// Mode says what happens to what is malformed.
type Mode int

const (
	// Strict refuses a record with errors. It is for writes.
	Strict Mode = iota
	// Tolerant reports them as warnings and compiles what is malformed so that it grants nothing, as the reference does: a
	// constraint that can't hold becomes "never", a gate that can't be read is left out, and where leaving something out
	// could turn a flag on, the whole flag is off. Gates keep the order that they are given. It is for what is there already.
	Tolerant
)

// Kind says what a record is of.
type Kind uint8

// The kinds of record.
const (
	FlagRecord Kind = iota
	SegmentRecord
)

// Record is one flag or segment compiled. It depends on nothing but that flag or segment, and may be kept and shared. A record
// without a body stands for what no snapshot can hold, such as a flag with an endless key; Assemble leaves it out.
type Record struct {
	Kind   Kind
	Key    string
	Body   []byte
	Counts Counts
}

// Counts are what a record adds to the totals of a snapshot's header; FORMAT.md says what each counts.
type Counts struct {
	Flags, Segments, Slots, Rules, Constraints, Values, Variants, Prerequisites, Schedules, Programs, Instructions, Ranges int
}

// Add is the sum of two counts.
func (c Counts) Add(d Counts) Counts {
	return Counts{c.Flags + d.Flags, c.Segments + d.Segments, c.Slots + d.Slots, c.Rules + d.Rules, c.Constraints + d.Constraints,
		c.Values + d.Values, c.Variants + d.Variants, c.Prerequisites + d.Prerequisites, c.Schedules + d.Schedules,
		c.Programs + d.Programs, c.Instructions + d.Instructions, c.Ranges + d.Ranges}
}

// CompileFlag compiles one flag. Strict compiles its canonical form, or nothing if the flag has an error; Tolerant compiles
// every flag. Problems are those of ValidateFlag.
func CompileFlag(f *Flag, mode Mode) (Record, []Problem) {
	problems := ValidateFlag(f)
	if mode == Strict {
		if Err(problems) != nil {
			return Record{}, problems
		}
		canonical := f.Canonical()
		f = &canonical
	}
	c := newCompiler()
	c.flag(f)
	record := Record{Kind: FlagRecord, Key: validText(f.Key), Body: c.bytes(), Counts: c.counts}
	if err := loads(record); err != nil {
		problems = append(problems, Problem{Flag: f.Key, Detail: err.Error()})
		record = instead(record, func(c *compiler) { c.flag(&Flag{}) }) // a flag that is off
	}
	return finish(record, problems, mode)
}

// CompileSegment compiles one segment, as CompileFlag does a flag.
func CompileSegment(s *Segment, mode Mode) (Record, []Problem) {
	problems := ValidateSegment(s)
	if mode == Strict {
		if Err(problems) != nil {
			return Record{}, problems
		}
		canonical := s.Canonical()
		s = &canonical
	}
	c := newCompiler()
	c.segment(s.Constraints)
	record := Record{Kind: SegmentRecord, Key: validText(s.Key), Body: c.bytes(), Counts: c.counts}
	if err := loads(record); err != nil {
		problems = append(problems, Problem{Segment: s.Key, Detail: err.Error()})
		record = instead(record, func(c *compiler) { c.segment(nil) }) // a segment of nobody
	}
	return finish(record, problems, mode)
}

// instead writes something plainer for a record that the engine refuses; no body, if it refuses even that.
func instead(record Record, write func(*compiler)) Record {
	c := newCompiler()
	write(c)
	record.Body, record.Counts = c.bytes(), c.counts
	if loads(record) != nil {
		record.Body, record.Counts = nil, Counts{}
	}
	return record
}

// finish keeps a record with errors from Strict, and makes warnings of them for Tolerant.
func finish(record Record, problems []Problem, mode Mode) (Record, []Problem) {
	if mode == Strict && Err(problems) != nil {
		return Record{}, problems
	}
	if mode == Tolerant {
		for i := range problems {
			problems[i].Severity = Warning
		}
	}
	return record, problems
}

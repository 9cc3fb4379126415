package engine

// Snapshot is a loaded set of flags. It keeps the snapshot's bytes as one string, and its tables hold offsets into
// that string. So loading makes about a dozen allocations, however many flags there are, and evaluating makes none.
type Snapshot struct {
	data     string
	header   header
	allow    bool // where group gates conflict, allow wins
	index    []uint64
	mask     int32 // the index's mask
	flags    []flag
	segments []segment
	slots    []uint64

	rules         []rule
	constraints   []constraint
	values        []value
	variants      []variant
	prerequisites []prerequisite
	windows       []window
	programs      []program
	instructions  []instruction
	ranges        []int32

	unreadable int32 // how many records this engine can't read
	fault      Code  // of the first of them
	faultAt    int32
}

type header struct {
	raw         span // the header's own bytes, as a delta carries them
	environment span
	lineage     int32 // where its 16 bytes start
	revision    int64
}

const (
	bitOn     = 1
	bitKilled = 2
	bitFixed  = 4 // the decision is the same for every input; found while loading

	bitUnreadable = 8 // the record is in a form that this engine doesn't know; found while loading
)

// flag is one flag record. Its ratios are greatest scores and draws.
// Why: RATIONALE.md "Why are thresholds integers, and where did the floats go?"
type flag struct {
	key           span
	chance        uint64 // the key's hash, for draws
	bits          uint32
	actorsScore   int32 // greatest score that percentage_of_actors grants; −1 without that gate
	timeDraw      int32 // greatest draw that percentage_of_time grants; −1 without that gate
	offVariant    int32 // index in the snapshot's variants; −1 for none
	actors        table
	groups        table
	rules         run
	variants      run
	prerequisites run
	windows       run
}

type segment struct {
	key         span
	constraints run
	unreadable  bool // so that flags that use it can't be read either
}

// table is the targets of one flag in the shared slots: an open-addressed table of mask + 1 slots, starting at base. A
// slot holds 32 bits of the target's hash, the offset of its msgpack head (30 bits) and its state (2 bits).
// Why: RATIONALE.md "Why one table of slots instead of maps?"
type table struct {
	base int32
	mask int32 // −1: no targets
}

// These are the states of a target. stateBoth is a group with both a denying and an allowing gate.
const (
	stateDeny  = 1
	stateAllow = 2
	stateBoth  = 3
)

type rule struct {
	constraints run
	score       int32 // greatest score granted, or Everybody
	segment     int32 // the segment's index; −1 for the flag's own rule
}

// Everybody is the greatest score granted by a rule without a ratio. It is more than any score, and such a rule needs
// no actor.
const Everybody = 1 << 16

type constraint struct {
	attribute   span
	fingerprint uint64 // of the attribute's name
	values      run
	program     int32
	operator    Operator
	usual       usual
	number      int64 // the number that usualOrder compares with
}

// value is one of the values that a constraint compares with: as it was written and, if it is a string that reads as a
// number, as that number.
type value struct {
	num         uint64 // an int64, or the bits of a float64
	text        span   // a string, the digits of an integer, or the msgpack of an array or map
	fingerprint uint64 // of the text, if it is a string
	kind        kind   // as written
	numeric     kind   // as compared; it differs from kind only for strings that read as numbers
}

// variant is one choice of a variant gate. Its payload is JSON text, which no decision reads.
// Why: RATIONALE.md "Why is a variant's payload kept as JSON text?"
type variant struct {
	name    span
	cut     int32 // the variant is served to scores below this
	payload span  // empty for none
}

type prerequisite struct {
	name   span
	parent int32 // the parent's index in flags; −1 if it is missing
	want   bool
}

type window struct{ from, until int64 }

// IDBytes and LineageBytes are the lengths of a content id and of a lineage.
const (
	IDBytes      = 32
	LineageBytes = 16
)

func (s *Snapshot) str(x span) string { return s.data[x.off : x.off+x.n] }

// ID returns the content id as 32 raw bytes: the SHA-256 of everything before it.
func (s *Snapshot) ID() string { return s.data[len(s.data)-IDBytes:] }

// Bytes returns the bytes that were loaded.
func (s *Snapshot) Bytes() string { return s.data }

// Lineage returns 16 raw bytes that are random, and new when an environment is created or restored.
func (s *Snapshot) Lineage() string { return s.str(span{s.header.lineage, LineageBytes}) }

// Environment returns the environment's key.
func (s *Snapshot) Environment() string { return s.str(s.header.environment) }

// Revision returns the revision of the environment's last change. It only rises within one lineage.
func (s *Snapshot) Revision() int64 { return s.header.revision }

// Len returns the number of flags.
func (s *Snapshot) Len() int32 { return int32(len(s.flags)) }

// Segments returns the number of segments.
func (s *Snapshot) Segments() int32 { return int32(len(s.segments)) }

// Unreadable returns the number of flags and segments whose records this engine can't read, since a newer build wrote
// them, and what was wrong with the first of them, at which byte.
func (s *Snapshot) Unreadable() (records int32, first Code, at int32) {
	return s.unreadable, s.fault, s.faultAt
}

// Readable reports whether this engine can read flag i. A flag that it can't read is off, and so is every flag that
// requires it.
func (s *Snapshot) Readable(i int32) bool { return s.flags[i].bits&bitUnreadable == 0 }

// Key returns the key of flag i; i is in [0, Len). Flags are in ascending order of their keys.
func (s *Snapshot) Key(i int32) string { return s.str(s.flags[i].key) }

// HasVariants reports whether flag i has a variant gate.
func (s *Snapshot) HasVariants(i int32) bool {
	v := s.flags[i].variants
	return v.from < v.to
}

// HasFloats reports whether a payload of flag i is a number that isn't an integer. Protocols and providers that tell
// integers from floats then send every number of the flag as a float, so that the flag has one type for everybody.
func (s *Snapshot) HasFloats(i int32) bool {
	v := s.flags[i].variants
	for j := v.from; j < v.to; j++ {
		if isFloat(s.str(s.variants[j].payload)) {
			return true
		}
	}
	return false
}

// isFloat reports whether a payload is a number that isn't an integer.
func isFloat(payload string) bool {
	if payload == "" || payload[0] != '-' && (payload[0] < '0' || payload[0] > '9') {
		return false
	}
	for k := range len(payload) {
		if c := payload[k]; c == '.' || c == 'e' || c == 'E' {
			return true
		}
	}
	return false
}

// NeedsScratch reports whether deciding flag i can use a [Scratch]: whether it has prerequisites, or rules in a
// snapshot with patterns.
func (s *Snapshot) NeedsScratch(i int32) bool {
	f := &s.flags[i]
	return f.prerequisites.from < f.prerequisites.to || f.rules.from < f.rules.to && len(s.programs) > 0
}

// numbered returns n, or −1 if no flag has this number.
func (s *Snapshot) numbered(n uint64) int32 {
	if n < uint64(len(s.flags)) {
		return int32(n)
	}
	return -1
}

// Find returns the index of a flag, or −1 for an unknown flag.
func (s *Snapshot) Find(key string) int32 { return s.find(key, hash(key)) }

func (s *Snapshot) find(key string, h uint64) int32 {
	if len(s.index) == 0 {
		return -1
	}
	tag := uint32(h >> 32)
	for i := int32(h) & s.mask; ; i = (i + 1) & s.mask {
		e := s.index[i]
		if e == 0 {
			return -1
		}
		if uint32(e>>32) == tag {
			if at := int32(uint32(e)) - 1; s.str(s.flags[at].key) == key {
				return at
			}
		}
	}
}

// state looks name up in one flag's targets. It returns its state, or 0.
func (s *Snapshot) state(t table, name string) uint32 {
	h := hash(name)
	tag := uint32(h >> 32)
	for i := int32(h) & t.mask; ; i = (i + 1) & t.mask {
		e := s.slots[t.base+i]
		if e == 0 {
			return 0
		}
		if uint32(e>>32) == tag && s.target(e) == name {
			return uint32(e) & 3
		}
	}
}

// target returns the name in a slot.
func (s *Snapshot) target(slot uint64) string {
	at := int32(uint32(slot) >> 2)
	n, body, ok := shortString(s.data, at)
	if !ok {
		_, m, b := head(s.data, at)
		n, body = int32(m), b
	}
	return s.data[body : body+n]
}

// tableSize returns the number of slots for n entries: a power of two, so that the table is at most two thirds full.
func tableSize(n int32) int32 {
	size := int32(2)
	for size < n+n/2 {
		size *= 2
	}
	return size
}

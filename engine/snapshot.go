package engine

// Snapshot is a loaded set of flags. It keeps the snapshot's bytes as one string; every table below holds offsets into it, so
// that loading makes a dozen allocations however many flags there are, and evaluating makes none.
type Snapshot struct {
	data     string
	header   header
	allow    bool // group conflict: allow wins
	index    []uint64
	mask     int32 // of index
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
	bitFixed  = 4 // found while loading: the decision is the same whatever the input
)

type flag struct {
	key           span
	chance        uint64 // of the key, for draws
	bits          uint32
	actorsScore   int32 // greatest score that percentage_of_actors grants, −1 without that gate
	timeDraw      int32 // greatest draw that percentage_of_time grants, −1 without that gate
	offVariant    int32 // index in variants, −1 none
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
}

// table is one flag's targets in the shared slots: open addressing, mask + 1 slots from base on. A slot is 32 bits of the
// target's hash, the offset of its msgpack head (30 bits) and its state (2 bits).
type table struct {
	base int32
	mask int32 // −1: no targets
}

// States of a target.
const (
	stateDeny  = 1
	stateAllow = 2
	stateBoth  = 3
)

type rule struct {
	constraints run
	score       int32 // greatest score granted, or Everybody
	segment     int32 // index, −1: the flag's own rule
}

// Everybody is the greatest score granted by a rule without a ratio: more than any score, and it needs no actor.
const Everybody = 1 << 16

type constraint struct {
	attribute span
	sign      uint64 // of the attribute's name
	values    run
	program   int32
	operator  Operator
	usual     usual
	number    int64 // of usualOrder
}

// value is one side of a comparison, as written and, where it is a string that reads as a number, as that number.
type value struct {
	num     uint64 // int64, or the bits of a float64
	text    span   // of a string, the digits of an integer, the msgpack of an array or map
	sign    uint64 // of the text of a string
	kind    kind   // as written
	numeric kind   // as compared: differs from kind only for strings that read as numbers
}

type variant struct {
	name    span
	cut     int32 // served to scores below it
	payload span  // empty: none
}

type prerequisite struct {
	name   span
	parent int32 // index of a flag, −1 missing
	want   bool
}

type window struct{ from, until int64 }

// IDBytes and LineageBytes are the lengths of a content id and of a lineage.
const (
	IDBytes      = 32
	LineageBytes = 16
)

func (s *Snapshot) str(x span) string { return s.data[x.off : x.off+x.n] }

// ID is the content id, 32 raw bytes: the SHA-256 of everything before it.
func (s *Snapshot) ID() string { return s.data[len(s.data)-IDBytes:] }

// Bytes are the bytes that were loaded.
func (s *Snapshot) Bytes() string { return s.data }

// Lineage is 16 raw bytes, new when an environment is created or restored.
func (s *Snapshot) Lineage() string { return s.str(span{s.header.lineage, LineageBytes}) }

// Environment is the environment's key.
func (s *Snapshot) Environment() string { return s.str(s.header.environment) }

// Revision is that of the environment's last change; it only rises within one lineage.
func (s *Snapshot) Revision() int64 { return s.header.revision }

// Len is the number of flags.
func (s *Snapshot) Len() int32 { return int32(len(s.flags)) }

// Segments is the number of segments.
func (s *Snapshot) Segments() int32 { return int32(len(s.segments)) }

// Key is the key of flag i; flags ascend by key. i is in [0, Len).
func (s *Snapshot) Key(i int32) string { return s.str(s.flags[i].key) }

// HasVariants says whether flag i has a variant gate.
func (s *Snapshot) HasVariants(i int32) bool {
	v := s.flags[i].variants
	return v.from < v.to
}

// NeedsScratch says whether deciding flag i can use a Scratch: it has prerequisites or patterns.
func (s *Snapshot) NeedsScratch(i int32) bool {
	f := &s.flags[i]
	return f.prerequisites.from < f.prerequisites.to || f.rules.from < f.rules.to && len(s.programs) > 0
}

// numbered is n, or −1 if there is no flag of this number.
func (s *Snapshot) numbered(n uint64) int32 {
	if n < uint64(len(s.flags)) {
		return int32(n)
	}
	return -1
}

// Find gives the index of a flag, or −1.
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

// state probes one flag's targets: the state of name, or 0.
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

// target is the name in a slot.
func (s *Snapshot) target(slot uint64) string {
	at := int32(uint32(slot) >> 2)
	n, body, ok := shortString(s.data, at)
	if !ok {
		_, m, b := head(s.data, at)
		n, body = int32(m), b
	}
	return s.data[body : body+n]
}

// tableSize is the number of slots for n entries: a power of two, at most two thirds full.
func tableSize(n int32) int32 {
	size := int32(2)
	for size < n+n/2 {
		size *= 2
	}
	return size
}

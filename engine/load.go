package engine

// Format is the snapshot format that this engine reads.
const Format = 1

const (
	magic  = "gonfalon"
	idTail = IDBytes + 2 // the id with its msgpack head
)

// Load reads a snapshot into s, which is a zero Snapshot. It returns CodeOK, or what is wrong and at which byte. It
// checks every index and length that evaluation relies on.
func (s *Snapshot) Load(data string) (Code, int32) {
	if len(data) > MaxSnapshotBytes {
		return CodeTooLarge, MaxSnapshotBytes
	}
	s.data = data
	l := loader{s: s}
	l.r.s = data
	l.r.tuple(4)
	if l.r.code != CodeOK {
		return CodeNotOurs, 0
	}
	l.header()
	if l.r.code != CodeOK {
		return l.r.code, l.r.at
	}
	if at := int32(len(data)) - idTail; at < l.r.p || !sealed(data) {
		return CodeID, max(at, 0)
	}
	l.reserve()
	l.records(false)
	l.records(true)
	l.end()
	if l.r.code != CodeOK {
		return l.r.code, l.r.at
	}
	l.parents()
	return CodeOK, 0
}

// sealed reports whether data ends in its own content id.
// Why: RATIONALE.md "Why is the content id at the end of a snapshot?"
func sealed(data string) bool {
	n := len(data) - IDBytes
	if n < 2 || data[n-2] != 0xc4 || data[n-1] != IDBytes {
		return false
	}
	var id [IDBytes]byte
	contentID(data[:n], &id)
	return stringOf(id[:]) == data[n:]
}

// loader fills a snapshot while it reads. It reserves tables by the header's counts; records that don't fit are a
// fault.
type loader struct {
	r        reader
	s        *Snapshot
	counts   [Counts]int32 // the header's
	slots    int32         // how many are used so far
	segments []uint64      // an index of segments by hash, for the flags that name them
	mask     int32
}

func (l *loader) header() {
	r, s := &l.r, l.s
	start := r.p
	r.tuple(7)
	at := r.p
	if k, n := r.next(); k != kindString || n != uint64(len(magic)) || r.s[r.p:r.p+int32(n)] != magic {
		r.fail(CodeNotOurs, at)
		return
	}
	r.p += int32(len(magic))
	at = r.p
	if r.count(1<<30) != Format {
		r.fail(CodeFormat, at)
		return
	}
	s.header.environment = r.name()
	at = r.p
	lineage := r.binary(LineageBytes)
	if lineage.n != LineageBytes {
		r.fail(CodeMalformed, at)
	}
	s.header.lineage = lineage.off
	at = r.p
	s.header.revision = r.long()
	if s.header.revision < 0 {
		r.fail(CodeMalformed, at)
	}
	r.tuple(1)
	s.allow = r.count(1) == 1
	r.tuple(int32(Counts))
	for i := CountFlags; i < Counts; i++ {
		most := int64(len(r.s)) // every item takes at least a byte, and every slot half of one
		if i == CountSlots {
			most *= 2
		}
		l.counts[i] = r.count(min(most, i.Max()))
	}
	s.header.raw = span{start, r.p - start}
}

func (l *loader) reserve() {
	s, c := l.s, &l.counts
	size := tableSize(c[CountFlags])
	s.index = make([]uint64, size)
	s.mask = size - 1
	s.flags = make([]flag, 0, c[CountFlags])
	s.segments = make([]segment, 0, c[CountSegments])
	s.slots = make([]uint64, c[CountSlots])
	s.rules = make([]rule, 0, c[CountRules])
	s.constraints = make([]constraint, 0, c[CountConstraints])
	s.values = make([]value, 0, c[CountValues])
	s.variants = make([]variant, 0, c[CountVariants])
	s.prerequisites = make([]prerequisite, 0, c[CountPrerequisites])
	s.windows = make([]window, 0, c[CountSchedules])
	s.programs = make([]program, 0, c[CountPrograms])
	s.instructions = make([]instruction, 0, c[CountInstructions])
	s.ranges = make([]int32, 0, c[CountRanges])
	size = tableSize(c[CountSegments])
	l.segments = make([]uint64, size)
	l.mask = size - 1
}

// records reads [key, record] pairs, ascending by key: the flags if flags is set, else the segments.
func (l *loader) records(flags bool) {
	r := &l.r
	at := r.p
	most, want := int32(MaxSegments), int32(cap(l.s.segments))
	if flags {
		most, want = MaxFlags, int32(cap(l.s.flags))
	}
	n := r.array(most)
	if n != want {
		r.fail(CodeCounts, at)
	}
	var last span
	for i := int32(0); i < n && r.code == CodeOK; i++ {
		at = r.p
		r.tuple(2)
		key := r.name()
		if i > 0 && l.s.str(key) <= l.s.str(last) {
			r.fail(CodeOrder, at)
		}
		last = key
		body := r.binary(MaxSnapshotBytes)
		if r.code != CodeOK {
			return
		}
		before, slots := *l.s, l.slots
		l.record(key, body, flags)
		if r.code == CodeOK {
			continue
		}
		if end, _ := skip(r.s, body.off); !newer(r.code) || end != body.off+body.n {
			return
		}
		// The record is sound msgpack in a form that this engine doesn't know, so a newer build wrote it. Only it is
		// lost.
		// Why: RATIONALE.md "What does an engine do with a record that it can't read?"
		clear(l.s.slots[slots:l.slots])
		*l.s, l.slots = before, slots
		l.unread(key, flags)
		r.code, r.p = CodeOK, body.off+body.n
	}
}

// record reads one record, with the bytes cut off at its end, so that nothing reads past it.
// Why: RATIONALE.md "Why are records wrapped in a binary, rather than nested?"
func (l *loader) record(key, body span, flags bool) {
	r := &l.r
	whole := r.s
	end := body.off + body.n
	r.s = whole[:end]
	r.p = body.off
	x := segment{key: key}
	if flags {
		l.flag(key)
	} else {
		x.constraints = l.constraints()
	}
	if r.code == CodeOK && r.p != end {
		r.fail(CodeTrailing, r.p)
	}
	r.s = whole
	if r.code != CodeOK {
		return
	}
	if flags {
		l.addFlag()
	} else {
		l.addSegment(x)
	}
}

// newer reports whether what is wrong with a record may be that a newer build wrote it. The other faults are of the
// whole snapshot.
func newer(c Code) bool {
	switch c {
	case CodeMalformed, CodeLimit, CodeOrder, CodeReference, CodeTrailing:
		return true
	}
	return false
}

// unread adds the flag or segment of a record that can't be read.
func (l *loader) unread(key span, flags bool) {
	s := l.s
	if s.unreadable == 0 {
		s.fault, s.faultAt = l.r.code, l.r.at
	}
	s.unreadable++
	if !flags {
		l.addSegment(segment{key: key, unreadable: true})
		return
	}
	none := table{0, -1}
	s.flags[:len(s.flags)+1][len(s.flags)] = flag{
		key: key, bits: bitUnreadable | bitFixed, actorsScore: -1, timeDraw: -1, offVariant: -1, actors: none, groups: none,
	}
	l.addFlag()
}

// end checks that the id ends the bytes and that the records used up the counts.
func (l *loader) end() {
	r, s := &l.r, l.s
	if r.code != CodeOK {
		return
	}
	if r.p != int32(len(s.data))-idTail {
		r.fail(CodeTrailing, r.p)
		return
	}
	if s.unreadable > 0 {
		return // the counts include what is in records that can't be read
	}
	if l.slots != int32(len(s.slots)) || len(s.rules) != cap(s.rules) || len(s.constraints) != cap(s.constraints) ||
		len(s.values) != cap(s.values) || len(s.variants) != cap(s.variants) || len(s.prerequisites) != cap(s.prerequisites) ||
		len(s.windows) != cap(s.windows) || len(s.programs) != cap(s.programs) || len(s.instructions) != cap(s.instructions) ||
		len(s.ranges) != cap(s.ranges) {
		r.fail(CodeCounts, s.header.raw.off)
	}
}

// parents resolves prerequisites. It runs last, since they may name flags that come later.
func (l *loader) parents() {
	for i := range l.s.prerequisites {
		p := &l.s.prerequisites[i]
		p.parent = l.s.Find(l.s.str(p.name))
	}
}

// addSegment adds a segment to the table and to its index.
func (l *loader) addSegment(x segment) {
	s, key := l.s, x.key
	s.segments = append(s.segments, x)
	h := hash(s.str(key))
	i, probes := int32(h)&l.mask, int32(0)
	for ; l.segments[i] != 0; i = (i + 1) & l.mask {
		if probes++; probes > maxProbe {
			l.r.fail(CodeCollisions, key.off)
			return
		}
	}
	l.segments[i] = h>>32<<32 | uint64(len(s.segments))
}

// findSegment returns the index of a segment, or −1.
func (l *loader) findSegment(name string) int32 {
	h := hash(name)
	for i := int32(h) & l.mask; ; i = (i + 1) & l.mask {
		e := l.segments[i]
		if e == 0 {
			return -1
		}
		if e>>32 == h>>32 {
			if at := int32(uint32(e)) - 1; l.s.str(l.s.segments[at].key) == name {
				return at
			}
		}
	}
}

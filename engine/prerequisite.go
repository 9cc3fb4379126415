package engine

// verdict is the result of resolving a prerequisite.
type verdict uint8

const (
	unvisited verdict = iota
	visiting          // being resolved: meeting it again is a cycle
	off
	on
)

// visits remembers the flags that one decision has resolved, so that diamonds cost linear time and depth is bounded.
// It is a hash table with twice as many slots as it may have entries.
type visits struct {
	flags [2 * MaxReachable]int32 // flag + 1
	found [2 * MaxReachable]verdict
	used  int32
}

// start empties the table and marks the flag that is being decided.
func (v *visits) start(i int32) {
	clear(v.flags[:])
	v.used = 0
	v.mark(i, visiting)
}

func (v *visits) slot(i int32) int32 {
	const mask = 2*MaxReachable - 1
	j := int32(uint32(i)*0x9e3779b1>>16) & mask
	for v.flags[j] != 0 && v.flags[j] != i+1 {
		j = (j + 1) & mask
	}
	return j
}

// find returns the verdict on flag i, or unvisited.
func (v *visits) find(i int32) verdict {
	j := v.slot(i)
	if v.flags[j] == 0 {
		return unvisited
	}
	return v.found[j]
}

// mark records a verdict. It reports false if there are too many flags.
func (v *visits) mark(i int32, x verdict) bool {
	j := v.slot(i)
	if v.flags[j] == 0 {
		if v.used == MaxReachable {
			return false
		}
		v.used++
		v.flags[j] = i + 1
	}
	v.found[j] = x
	return true
}

// met decides f's prerequisites. It returns −1 and on if all are met; else the first that isn't, and off, or visiting
// for a cycle, too many flags, too many steps or a flag that this engine can't read.
func (s *Snapshot) met(f *flag, in *Input, sc *Scratch, b *budget) (int32, verdict) {
	for i := f.prerequisites.from; i < f.prerequisites.to; i++ {
		p := &s.prerequisites[i]
		found := s.resolve(p.parent, in, sc, b)
		if found == visiting {
			return i, visiting
		}
		if p.want != (found == on) {
			return i, off
		}
	}
	return -1, on
}

// resolve decides a parent as a prerequisite sees it: on, off, or visiting for a cycle, too many flags, too many
// steps or a flag that this engine can't read. The last fails the whole decision closed, so marks never need undoing.
// Why: RATIONALE.md "Why does too deep a chain of prerequisites fail closed instead of failing to load?"
func (s *Snapshot) resolve(i int32, in *Input, sc *Scratch, b *budget) verdict {
	if i < 0 {
		return off // missing
	}
	if found := sc.visits.find(i); found != unvisited {
		return found
	}
	f := &s.flags[i]
	if f.bits&bitUnreadable != 0 || !sc.visits.mark(i, visiting) {
		return visiting
	}
	found := off
	if f.bits&bitKilled == 0 {
		_, found = s.met(f, in, sc, b)
		if found == visiting {
			return visiting
		}
		if found == on {
			d := Decision{Score: -1, VariantIndex: -1}
			s.gates(f, in, sc, b, &d)
			if b.spent() {
				return visiting
			}
			if !d.Enabled {
				found = off
			}
		}
	}
	sc.visits.mark(i, found)
	return found
}

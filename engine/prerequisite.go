package engine

// verdict is what resolving a prerequisite gives.
type verdict uint8

const (
	unvisited verdict = iota
	visiting          // on the way here: a cycle, if met again
	off
	on
)

// visits remembers the flags that one decision has resolved, so that diamonds stay linear and depth is bounded: a table of
// flags, twice as large as there may be entries.
type visits struct {
	flags [2 * MaxReachable]int32 // flag + 1
	found [2 * MaxReachable]verdict
	used  int32
}

// start forgets everything and marks the flag that is asked for.
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

func (v *visits) of(i int32) verdict {
	j := v.slot(i)
	if v.flags[j] == 0 {
		return unvisited
	}
	return v.found[j]
}

// mark records a verdict; false means that there are too many flags.
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

// met says whether f's prerequisites are: on, off, or visiting for a cycle or too many flags; and where not, by which one.
func (s *Snapshot) met(f *flag, in *Input, sc *Scratch) (int32, verdict) {
	for i := f.prerequisites.from; i < f.prerequisites.to; i++ {
		p := &s.prerequisites[i]
		found := s.resolve(p.parent, in, sc)
		if found == visiting {
			return i, visiting
		}
		if p.want != (found == on) {
			return i, off
		}
	}
	return -1, on
}

// resolve decides a parent as a prerequisite sees it: on, off, or visiting for a cycle or too many flags, which fail the
// whole decision closed, so that marks need no undoing.
func (s *Snapshot) resolve(i int32, in *Input, sc *Scratch) verdict {
	if i < 0 {
		return off // missing
	}
	if found := sc.visits.of(i); found != unvisited {
		return found
	}
	f := &s.flags[i]
	if !sc.visits.mark(i, visiting) {
		return visiting
	}
	found := off
	if f.bits&bitKilled == 0 {
		_, found = s.met(f, in, sc)
		if found == visiting {
			return visiting
		}
		if found == on {
			d := Decision{Score: -1, VariantIndex: -1}
			s.gates(f, in, sc, &d)
			if !d.Enabled {
				found = off
			}
		}
	}
	sc.visits.mark(i, found)
	return found
}

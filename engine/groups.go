package engine

// Groups lists, each once, every group that a decision of flag i can ask for, those of its prerequisites included, into out. It
// gives how many there are; those beyond out's length are left out. A host that can only ask "is the actor in this group?" asks
// for these. sc may be nil if the flag doesn't need a Scratch.
func (s *Snapshot) Groups(i int32, sc *Scratch, out []string) int32 {
	f := &s.flags[i]
	if f.prerequisites.from == f.prerequisites.to {
		return s.ownGroups(i, nil, 0, out)
	}
	// The flags visited so far are a queue: each adds the parents not yet in it.
	v := &sc.visits
	v.start(i)
	var queue [MaxReachable]int32
	queue[0] = i
	n, groups := int32(1), int32(0)
	for at := int32(0); at < n; at++ {
		groups = s.ownGroups(queue[at], queue[:at], groups, out)
		f = &s.flags[queue[at]]
		for k := f.prerequisites.from; k < f.prerequisites.to; k++ {
			p := s.prerequisites[k].parent
			if p < 0 || n == MaxReachable || v.of(p) != unvisited {
				continue
			}
			v.mark(p, visiting)
			queue[n] = p
			n++
		}
	}
	return groups
}

// ownGroups adds the groups of flag i that none of the earlier flags has; n are there already.
func (s *Snapshot) ownGroups(i int32, earlier []int32, n int32, out []string) int32 {
	t := s.flags[i].groups
	for k := t.base; k <= t.base+t.mask; k++ {
		if s.slots[k] == 0 {
			continue
		}
		name := s.target(s.slots[k])
		seen := false
		for _, e := range earlier {
			if g := s.flags[e].groups; g.mask >= 0 && s.state(g, name) != 0 {
				seen = true
				break
			}
		}
		if seen {
			continue
		}
		if n < int32(len(out)) {
			out[n] = name
		}
		n++
	}
	return n
}

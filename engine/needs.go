package engine

// This file finds what deciding a flag, including its prerequisites, can ask of a host. A host leaves the rest out of
// its requests. The decision is the same, and most of a request is never written, copied or parsed.
// Why: RATIONALE.md "Why do hosts ask the module what a flag needs?"

// maxNeeded is how many names of attributes WriteNeeds can list. For a flag that looks at more, a host sends all
// attributes.
const maxNeeded = 15

// Groups writes every group that deciding flag i can ask for to out, each once. It returns how many there are; those
// beyond len(out) are left out. A host that can only ask "is the actor in this group?" asks about these. sc may be nil
// if the flag doesn't need a Scratch.
func (s *Snapshot) Groups(i int32, sc *Scratch, out []string) int32 {
	var flags [MaxReachable]int32
	n, _ := s.reach(i, sc, &flags)
	return s.groupsOf(flags[:n], out)
}

// reach lists flag i and all flags that deciding it can look at. If there are more than MaxReachable, it leaves some
// out and returns false for all.
func (s *Snapshot) reach(i int32, sc *Scratch, flags *[MaxReachable]int32) (n int32, all bool) {
	flags[0] = i
	f := &s.flags[i]
	if f.prerequisites.from == f.prerequisites.to {
		return 1, true
	}
	// The flags visited so far are a queue: each adds the parents not yet in it.
	v := &sc.visits
	v.start(i)
	n, all = 1, true
	for at := int32(0); at < n; at++ {
		f = &s.flags[flags[at]]
		for k := f.prerequisites.from; k < f.prerequisites.to; k++ {
			p := s.prerequisites[k].parent
			if p < 0 || v.find(p) != unvisited {
				continue
			}
			if n == MaxReachable {
				all = false
				continue
			}
			v.mark(p, visiting)
			flags[n] = p
			n++
		}
	}
	return n, all
}

// groupsOf lists the groups of these flags, each once, and returns how many there are.
func (s *Snapshot) groupsOf(flags []int32, out []string) (n int32) {
	for at, i := range flags {
		t := s.flags[i].groups
	slots:
		for k := t.base; k <= t.base+t.mask; k++ {
			if s.slots[k] == 0 {
				continue
			}
			name := s.target(s.slots[k])
			for _, earlier := range flags[:at] {
				if g := s.flags[earlier].groups; g.mask >= 0 && s.state(g, name) != 0 {
					continue slots
				}
			}
			if n < int32(len(out)) {
				out[n] = name
			}
			n++
		}
	}
	return n
}

// Attributes writes every attribute that deciding flag i can look at to out, each once. It returns how many there are,
// or more than len(out) if they don't fit. sc may be nil if the flag doesn't need a Scratch.
func (s *Snapshot) Attributes(i int32, sc *Scratch, out []string) int32 {
	var flags [MaxReachable]int32
	n, _ := s.reach(i, sc, &flags)
	return s.attributesOf(flags[:n], out)
}

// attributesOf lists the attributes that the rules of these flags look at, each once. It returns how many there are,
// or more than len(out) if they don't fit.
func (s *Snapshot) attributesOf(flags []int32, out []string) (n int32) {
	for _, i := range flags {
		f := &s.flags[i]
		for r := f.rules.from; r < f.rules.to; r++ {
			cs := s.rules[r].constraints
		constraints:
			for c := cs.from; c < cs.to; c++ {
				name := s.str(s.constraints[c].attribute)
				for k := int32(0); k < n; k++ {
					if out[k] == name {
						continue constraints
					}
				}
				if n == int32(len(out)) {
					return n + 1
				}
				out[n] = name
				n++
			}
		}
	}
	return n
}

// NeedsNow reports whether deciding flag i can look at the time. A host need not read the clock for other flags.
func (s *Snapshot) NeedsNow(i int32) bool {
	f := &s.flags[i]
	return f.windows.from < f.windows.to || f.prerequisites.from < f.prerequisites.to
}

// NextEdge returns the first time after now, in Unix microseconds, at which a schedule opens or closes. It returns
// [OpenUntil] if no schedule will. Whoever keeps decisions asks again at that time.
func (s *Snapshot) NextEdge(now int64) int64 {
	next := int64(OpenUntil)
	for i := range s.windows {
		w := &s.windows[i]
		if w.from > now && w.from < next {
			next = w.from
		}
		if w.until > now && w.until < next {
			next = w.until
		}
	}
	return next
}

// NeedsRoll reports whether deciding flag i can look at chance.
func (s *Snapshot) NeedsRoll(i int32) bool {
	f := &s.flags[i]
	return f.timeDraw >= 0 || f.prerequisites.from < f.prerequisites.to
}

// WriteNeeds writes what deciding the request's flag can ask for to out, as ABI.md lays it out. It uses names as
// memory for the groups. It returns the number of bytes, or −1 if out or names is too small.
func (r *Request) WriteNeeds(s *Snapshot, sc *Scratch, names []string, out []byte) int32 {
	var flags [MaxReachable]int32
	var attributes [maxNeeded]string
	i := r.Number(s)
	n, all := int32(0), true
	if i >= 0 {
		n, all = s.reach(i, sc, &flags)
	}
	groups := s.groupsOf(flags[:n], names)
	if groups > int32(len(names)) {
		return -1
	}
	most := s.attributesOf(flags[:n], attributes[:])
	now, roll := !all, !all
	for _, f := range flags[:n] {
		now = now || s.flags[f].windows.from < s.flags[f].windows.to
		roll = roll || s.flags[f].timeDraw >= 0
	}
	w := writer{b: out}
	w.array(5)
	w.array(groups)
	for _, name := range names[:groups] {
		w.string(name)
	}
	if most > maxNeeded || !all {
		w.null()
	} else {
		w.array(most)
		for _, name := range attributes[:most] {
			w.string(name)
		}
	}
	w.unless(i < 0, int64(i))
	w.boolean(now)
	w.boolean(roll)
	if w.full {
		return -1
	}
	return w.n
}

package engine

// flag reads one flag record to behind the table's end; addFlag makes it part of the table.
func (l *loader) flag(key span) {
	r, s := &l.r, l.s
	f := &s.flags[:len(s.flags)+1][len(s.flags)]
	f.key = key
	f.chance = fnv1a(s.str(key))
	r.tuple(10)
	f.bits = uint32(r.count(bitOn | bitKilled))
	f.actorsScore = r.count(Everybody) - 1
	f.timeDraw = r.count(10_001) - 1
	off := r.count(MaxVariants)
	at := r.p
	f.actors = l.targets(stateAllow)
	f.groups = l.targets(stateBoth)
	f.rules = l.rules()
	f.variants = l.variants()
	f.prerequisites = l.prerequisites()
	f.windows = l.windows()
	if off > f.variants.to-f.variants.from {
		r.fail(CodeReference, at)
	}
	f.offVariant = -1
	if off > 0 {
		f.offVariant = f.variants.from + off - 1
	}
	if r.code == CodeOK && f.fixed() {
		f.bits |= bitFixed
	}
}

// addFlag adds the flag behind the table's end to the table and to its index.
func (l *loader) addFlag() {
	s := l.s
	key := s.flags[:len(s.flags)+1][len(s.flags)].key
	s.flags = s.flags[:len(s.flags)+1]
	h := hash(s.str(key))
	i, probes := int32(h)&s.mask, int32(0)
	for ; s.index[i] != 0; i = (i + 1) & s.mask {
		if probes++; probes > maxProbe {
			l.r.fail(CodeCollisions, key.off)
			return
		}
	}
	s.index[i] = h>>32<<32 | uint64(len(s.flags))
}

// fixed reports whether f is decided the same for every input.
func (f *flag) fixed() bool {
	if f.bits&bitKilled != 0 {
		return true
	}
	asks := f.actors.mask >= 0 || f.groups.mask >= 0 || f.rules.from < f.rules.to || f.variants.from < f.variants.to ||
		f.prerequisites.from < f.prerequisites.to
	return !asks && (f.bits&bitOn != 0 || f.windows.from == f.windows.to && f.actorsScore < 0 && f.timeDraw < 0)
}

// targets reads key, state, key, state … into a table of its own.
func (l *loader) targets(most uint8) table {
	r, s := &l.r, l.s
	at := r.p
	n := r.array(2 * MaxTargets)
	if n == 0 {
		return table{0, -1}
	}
	size := tableSize(n / 2)
	if n&1 != 0 {
		r.fail(CodeMalformed, at)
		return table{0, -1}
	}
	if size > int32(len(s.slots))-l.slots {
		r.fail(CodeCounts, at)
		return table{0, -1}
	}
	t := table{l.slots, size - 1}
	l.slots += size
	slots := s.slots[t.base : t.base+size]
	for ; n > 0; n -= 2 {
		at = r.p
		x := r.name()
		if r.code != CodeOK {
			return t
		}
		if r.p >= int32(len(r.s)) || r.s[r.p]-1 >= most {
			r.fail(CodeReference, r.p)
			return t
		}
		state := uint64(r.s[r.p])
		r.p++
		name := s.str(x)
		h := hash(name)
		i, probes := int32(h)&t.mask, int32(0)
		for ; slots[i] != 0; i = (i + 1) & t.mask {
			if slots[i]>>32 == h>>32 && s.target(slots[i]) == name {
				r.fail(CodeOrder, at)
				return t
			}
			if probes++; probes > maxProbe {
				r.fail(CodeCollisions, at)
				return t
			}
		}
		slots[i] = h>>32<<32 | uint64(at)<<2 | state
	}
	return t
}

func (l *loader) rules() run {
	r, s := &l.r, l.s
	from := int32(len(s.rules))
	for n := r.array(MaxRules); n > 0 && r.code == CodeOK; n-- {
		if len(s.rules) == cap(s.rules) {
			r.fail(CodeCounts, r.p)
			break
		}
		r.tuple(2)
		x := &s.rules[:len(s.rules)+1][len(s.rules)]
		if x.score = r.count(Everybody) - 1; x.score < 0 {
			x.score = Everybody
		}
		x.segment = -1
		if k, _, _ := head(r.s, r.p); k == kindString {
			name := r.name()
			x.segment = l.findSegment(s.str(name))
			x.constraints = run{}
			if x.segment >= 0 {
				x.constraints = s.segments[x.segment].constraints
				if s.segments[x.segment].unreadable {
					r.fail(CodeReference, name.off)
				}
			}
		} else {
			x.constraints = l.constraints()
		}
		s.rules = s.rules[:len(s.rules)+1]
	}
	return run{from, int32(len(s.rules))}
}

func (l *loader) variants() run {
	r, s := &l.r, l.s
	from := int32(len(s.variants))
	for n := r.array(MaxVariants); n > 0 && r.code == CodeOK; n-- {
		if len(s.variants) == cap(s.variants) {
			r.fail(CodeCounts, r.p)
			break
		}
		r.tuple(3)
		var v variant
		v.name = r.name()
		v.cut = r.count(Everybody)
		if r.p < int32(len(r.s)) && r.s[r.p] == 0xc0 {
			r.p++
		} else {
			v.payload = r.binary(MaxPayloadBytes)
		}
		s.variants = append(s.variants, v)
	}
	return run{from, int32(len(s.variants))}
}

func (l *loader) prerequisites() run {
	r, s := &l.r, l.s
	from := int32(len(s.prerequisites))
	at := r.p
	n := r.array(2 * MaxPrerequisites)
	if n&1 != 0 {
		r.fail(CodeMalformed, at)
	}
	for ; n > 0 && r.code == CodeOK; n -= 2 {
		if len(s.prerequisites) == cap(s.prerequisites) {
			r.fail(CodeCounts, r.p)
			break
		}
		name := r.name()
		s.prerequisites = append(s.prerequisites, prerequisite{name, -1, r.boolean()})
	}
	return run{from, int32(len(s.prerequisites))}
}

func (l *loader) windows() run {
	r, s := &l.r, l.s
	from := int32(len(s.windows))
	at := r.p
	n := r.array(2 * MaxSchedules)
	if n&1 != 0 {
		r.fail(CodeMalformed, at)
	}
	for ; n > 0 && r.code == CodeOK; n -= 2 {
		if len(s.windows) == cap(s.windows) {
			r.fail(CodeCounts, r.p)
			break
		}
		start := r.long()
		s.windows = append(s.windows, window{start, r.long()})
	}
	return run{from, int32(len(s.windows))}
}

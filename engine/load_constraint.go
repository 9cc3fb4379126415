package engine

// constraints reads the constraints of a rule or a segment.
func (l *loader) constraints() run {
	r, s := &l.r, l.s
	from := int32(len(s.constraints))
	for n := r.array(MaxConstraints); n > 0 && r.code == CodeOK; n-- {
		if len(s.constraints) == cap(s.constraints) {
			r.fail(CodeCounts, r.p)
			break
		}
		at := r.p
		r.tuple(4)
		var c constraint
		c.attribute = r.name()
		c.fingerprint = fingerprint(s.str(c.attribute))
		c.operator = Operator(r.count(int64(Operators) - 1))
		c.values = l.values()
		c.program = -1
		if r.p < int32(len(r.s)) && r.s[r.p] == 0xc0 {
			r.p++
		} else {
			c.program = l.program()
		}
		if r.code == CodeOK && (c.operator == OpMatches) != (c.program >= 0) {
			r.fail(CodeReference, at)
		}
		s.settle(&c)
		s.constraints = append(s.constraints, c)
	}
	return run{from, int32(len(s.constraints))}
}

func (l *loader) values() run {
	r, s := &l.r, l.s
	from := int32(len(s.values))
	for n := r.array(MaxValues); n > 0 && r.code == CodeOK; n-- {
		if len(s.values) == cap(s.values) {
			r.fail(CodeCounts, r.p)
			break
		}
		s.values = append(s.values, value{})
		l.value(&s.values[len(s.values)-1])
	}
	return run{from, int32(len(s.values))}
}

func (l *loader) value(v *value) {
	r := &l.r
	at := r.p
	v.kind, v.num = r.next()
	v.numeric = v.kind
	switch v.kind {
	case kindString, kindInteger:
		v.text = span{r.p, int32(v.num)}
		r.p += v.text.n
		text := l.s.str(v.text)
		v.fingerprint = fingerprint(text)
		if v.kind == kindInteger && !digitsOnly(text) {
			r.fail(CodeMalformed, at)
		}
		v.numeric, v.num = numeric(text)
		if v.kind == kindInteger {
			v.kind = v.numeric
		}
	case kindArray, kindMap:
		end, ofModel := skip(r.s, at)
		if !ofModel {
			r.fail(CodeMalformed, at)
			return
		}
		r.p = end
		v.text = span{at, end - at}
	case kindFloat:
		if !finite(v.num) {
			r.fail(CodeMalformed, at)
		}
	case kindBinary, kindOther:
		r.fail(CodeMalformed, at)
	}
	if r.p-at > MaxValueBytes+5 {
		r.fail(CodeLimit, at)
	}
}

// program reads [start, [op, out, x, y, …], [lo, hi, …]] and returns the program's index.
func (l *loader) program() int32 {
	r, s := &l.r, l.s
	at := r.p
	if len(s.programs) == cap(s.programs) {
		r.fail(CodeCounts, at)
		return -1
	}
	r.tuple(3)
	var p program
	p.start = r.count(MaxPatternInstructions - 1)
	at = r.p
	n := r.array(4 * MaxPatternInstructions)
	p.first, p.n = int32(len(s.instructions)), n/4
	if n&3 != 0 || p.start >= p.n {
		r.fail(CodeReference, at)
	}
	if p.n > int32(cap(s.instructions)-len(s.instructions)) {
		r.fail(CodeCounts, at)
	}
	for i := int32(0); i < p.n && r.code == CodeOK; i++ {
		var in instruction
		in.op = opcode(r.count(int64(opcodes) - 1))
		in.out = r.count(int64(p.n) - 1)
		in.x = r.count(0x10ffff)
		in.y = r.count(MaxPatternRanges)
		s.instructions = append(s.instructions, in)
	}
	at = r.p
	m := r.array(MaxPatternRanges)
	base := int32(len(s.ranges))
	if m&1 != 0 || m > int32(cap(s.ranges)-len(s.ranges)) {
		r.fail(CodeCounts, at)
	}
	for i := int32(0); i < m && r.code == CodeOK; i++ {
		s.ranges = append(s.ranges, r.count(0x10ffff))
	}
	if r.code == CodeOK && !s.link(&p, base, m) {
		r.fail(CodeReference, at)
	}
	s.programs = append(s.programs, p)
	return int32(len(s.programs)) - 1
}

// link checks a program's references and makes those into ranges absolute. It reports false if one is out of range.
func (s *Snapshot) link(p *program, base, m int32) bool {
	for i := p.first; i < p.first+p.n; i++ {
		in := &s.instructions[i]
		switch in.op {
		case opAlt:
			if in.x >= p.n {
				return false
			}
		case opClass:
			if in.x > in.y || in.y > m || (in.x|in.y)&1 != 0 {
				return false
			}
			for k := base + in.x; k < base+in.y; k += 2 {
				if s.ranges[k] > s.ranges[k+1] || k > base+in.x && s.ranges[k] <= s.ranges[k-1] {
					return false
				}
			}
			in.x += base
			in.y += base
		}
	}
	return true
}

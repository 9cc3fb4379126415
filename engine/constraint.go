package engine

// Operator compares an attribute of the context with a constraint's values.
type Operator uint8

// These are the operators.
const (
	OpEq Operator = iota
	OpNeq
	OpIn
	OpNotIn
	OpContains
	OpGt
	OpGte
	OpLt
	OpLte
	OpMatches
	OpNever // a constraint that can't hold
	OpSemverGte
	OpSemverLt
	OpStartsWith
	OpEndsWith

	Operators // how many numbers are taken
)

// holdAll reports whether there are constraints and all of them hold. It decides the common comparisons, a string with
// strings and an integer with an integer, on the spot, and leaves the rest to compares.
func (s *Snapshot) holdAll(r run, in *Input, sc *Scratch, b *budget) bool {
	constraints := s.constraints[r.from:r.to]
next:
	for i := range constraints {
		c := &constraints[i]
		a := s.attribute(c, in)
		if a == nil || a.kind == kindNil {
			return false
		}
		switch {
		case c.usual == usualText && a.kind == kindString:
			values := s.values[c.values.from:c.values.to]
			for k := range values {
				v := &values[k]
				if v.fingerprint == a.textFingerprint && v.kind == kindString && (a.textFingerprint>>56 <= shortText || s.str(v.text) == a.text) {
					continue next
				}
			}
			b.takeValues(len(values))
		case c.usual == usualOrder && a.kind == kindInt:
			if ordered(c.operator, order(int64(a.num), c.number)) {
				continue next
			}
			return false
		}
		if !s.compares(c, a, sc, b) {
			return false
		}
	}
	return r.from < r.to
}

// usual is a common kind of comparison, which needs no look at the kinds of its values.
type usual uint8

const (
	usualNone  usual = iota
	usualText        // eq with one value, or in
	usualOrder       // gt, gte, lt or lte with one integer
)

// settle sets which usual comparison a loaded constraint is, if any.
func (s *Snapshot) settle(c *constraint) {
	one := c.values.to-c.values.from == 1
	switch {
	case c.operator == OpIn || c.operator == OpEq && one:
		c.usual = usualText
	case c.operator >= OpGt && c.operator <= OpLte && one:
		if v := &s.values[c.values.from]; v.numeric == kindInt {
			c.usual, c.number = usualOrder, int64(v.num)
		}
	}
}

// attribute returns the attribute that a constraint asks about, or nil.
func (s *Snapshot) attribute(c *constraint, in *Input) *Attribute {
	for i := range in.Attributes {
		if a := &in.Attributes[i]; a.nameFingerprint == c.fingerprint && (a.nameFingerprint>>56 <= shortText || a.Name == s.str(c.attribute)) {
			return a
		}
	}
	return nil
}

func ordered(op Operator, c int32) bool {
	switch op {
	case OpGt:
		return c > 0
	case OpGte:
		return c >= 0
	case OpLt:
		return c < 0
	}
	return c <= 0
}

func (s *Snapshot) compares(c *constraint, a *Attribute, sc *Scratch, b *budget) bool {
	if b.spent() {
		return false
	}
	switch c.operator {
	case OpIn:
		return s.member(c, a, b)
	case OpNotIn:
		return !s.member(c, a, b)
	case OpNever:
		return false
	}
	if c.values.to-c.values.from != 1 {
		return false
	}
	v := &s.values[c.values.from]
	switch c.operator {
	case OpMatches:
		return a.kind == kindString && s.match(&s.programs[c.program], a.text, &sc.machine, b)
	case OpContains:
		return a.kind == kindString && v.kind == kindString && contains(a.text, s.str(v.text), b)
	case OpStartsWith, OpEndsWith, OpSemverGte, OpSemverLt:
		return a.kind == kindString && v.kind == kindString && compareTexts(c.operator, a.text, s.str(v.text), b)
	case OpEq:
		return s.equal(a, v, b)
	case OpNeq:
		return !s.equal(a, v, b)
	}
	x, y := a.number(), s.number(v)
	if isNumber(x.kind) && isNumber(y.kind) {
		b.takeNumbers(&x, &y)
		r := compare(&x, &y)
		return r != unordered && ordered(c.operator, r)
	}
	b.takeBytes(min(len(x.text), len(y.text)))
	return x.kind == kindString && y.kind == kindString && ordered(c.operator, orderText(x.text, y.text))
}

// number returns a value as a number, the way it is compared.
func (s *Snapshot) number(v *value) number { return number{v.numeric, v.num, s.str(v.text)} }

// equal compares loosely: 5 equals 5.0 and "5", and "007" equals "7", but true doesn't equal "true".
func (s *Snapshot) equal(a *Attribute, v *value, b *budget) bool {
	if a.kind == kindString && v.numeric == kindString {
		// A string that doesn't read as a number equals only itself.
		if a.textFingerprint != v.fingerprint {
			return false
		}
		b.takeBytes(len(a.text))
		return a.text == s.str(v.text)
	}
	x, y := a.number(), s.number(v)
	if isNumber(x.kind) && isNumber(y.kind) {
		b.takeNumbers(&x, &y)
		return compare(&x, &y) == 0
	}
	if x.kind != y.kind {
		return false
	}
	switch x.kind {
	case kindString:
		return x.text == y.text
	case kindArray, kindMap:
		return deepEqual(x.text, y.text, false, b)
	}
	return true
}

// member reports whether a is one of the values. It compares strictly: 1 isn't 1.0, although "5" is 5.
func (s *Snapshot) member(c *constraint, a *Attribute, b *budget) bool {
	b.takeValues(int(c.values.to - c.values.from))
	var x number
	read := false
	for i := c.values.from; i < c.values.to; i++ {
		v := &s.values[i]
		if a.kind == kindString && v.numeric == kindString {
			if v.fingerprint == a.textFingerprint {
				b.takeBytes(len(a.text))
				if s.str(v.text) == a.text {
					return true
				}
			}
			continue
		}
		if !read {
			x, read = a.number(), true
		}
		if s.same(&x, v, b) {
			return true
		}
		if b.spent() {
			return false
		}
	}
	return false
}

func (s *Snapshot) same(x *number, v *value, b *budget) bool {
	if x.kind != v.numeric {
		return false
	}
	switch x.kind {
	case kindInt, kindFloat, kindInteger:
		y := s.number(v)
		b.takeNumbers(x, &y)
		return compare(x, &y) == 0
	case kindString:
		return x.text == s.str(v.text)
	case kindArray, kindMap:
		return deepEqual(x.text, s.str(v.text), true, b)
	}
	return true
}

// deepEqual compares two msgpack values item by item; maps have ascending keys. If strictly is set, 1 isn't 1.0.
// Strings inside are never read as numbers.
func deepEqual(a, b string, strictly bool, budget *budget) bool {
	p, q := int32(0), int32(0)
	for left := int64(1); left > 0; left-- {
		budget.take(2)
		var x, y number
		var n, m uint64
		x.kind, n, p = head(a, p)
		y.kind, m, q = head(b, q)
		x.bits, y.bits = n, m
		if x.kind == kindInteger || x.kind == kindString {
			x.text = a[p : p+int32(n)]
			p += int32(n)
			budget.takeBytes(len(x.text))
		}
		if y.kind == kindInteger || y.kind == kindString {
			y.text = b[q : q+int32(m)]
			q += int32(m)
		}
		if isNumber(x.kind) && isNumber(y.kind) {
			budget.takeNumbers(&x, &y)
			if strictly && x.kind != y.kind || compare(&x, &y) != 0 {
				return false
			}
			continue
		}
		if x.kind != y.kind || n != m || x.text != y.text {
			return false
		}
		switch x.kind {
		case kindBad, kindBinary:
			return false
		case kindArray:
			left += int64(n)
		case kindMap:
			left += 2 * int64(n)
		}
	}
	return true
}

// compareTexts compares an attribute with a value by one of the operators that compare nothing but text.
func compareTexts(op Operator, text, with string, b *budget) bool {
	b.takeBytes(len(with))
	from := len(text) - len(with)
	switch op {
	case OpStartsWith:
		return from >= 0 && text[:len(with)] == with
	case OpEndsWith:
		return from >= 0 && text[from:] == with
	}
	if n := len(text) + len(with); n > few {
		b.take(int32(n >> 2)) // they are read character by character
	}
	order, ok := compareVersions(text, with)
	return ok && (order >= 0) == (op == OpSemverGte)
}

// contains reports whether part occurs in s.
func contains(s, part string, b *budget) bool {
	if part == "" {
		return true
	}
	first, last := part[0], len(s)-len(part)
	b.takeBytes(len(s))
	for i := 0; i <= last; i++ {
		if s[i] != first {
			continue
		}
		if s[i:i+len(part)] == part {
			return true
		}
		if last > few { // so that a short text costs nothing to count
			if b.take(1 + int32(len(part)>>4)); b.spent() {
				return false
			}
		}
	}
	return false
}

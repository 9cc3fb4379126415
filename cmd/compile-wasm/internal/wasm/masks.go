package wasm

import "slices"

// masks checks that a function never compares a mask, which is what the
// instruction `and` makes, with zero in a form that a machine reads wrongly.
//
// For a branch on such a comparison wazero 1.12 sets the processor's flags by
// the mask alone, as if zero stood on the right: on amd64 `0 < x&y` is answered
// as `x&y < 0`, and on arm64 the flag for unsigned order isn't set at all. Only
// == and != are always right, and signed order with zero on the right. What the
// result is used for doesn't matter here: all other forms are refused.
//
// Both operands may come to the comparison through locals, results of blocks and
// shifts by nothing. So the check follows values as wazero does: each has a
// number, and a local that holds the same on all ways to a place keeps it there.
// Loops are read again until nothing changes: at first all that a loop sets is
// taken to come around unchanged, so the check finds at least what wazero finds.
type masks struct {
	*reader
	uses    map[string]bool
	types   []Signature
	funcs   []uint64 // the type of each function
	kinds   map[value]kind
	headers map[int]held // at each loop's begin, by its place in the code
	again   bool         // a header changed
	locals  held
	number  int // of locals
	stack   []value
	scopes  []scope
	dead    bool // this code is never reached
	wrong   int  // the place of a comparison, or 0
}

// value is the place of the instruction that makes it, for masks and constants.
type value int

const (
	other value = 0  // any other value
	unset value = -1 // the zero in a local that was never set
)

type kind uint8

const (
	mask      kind = 1 << iota
	zero           // the constant
	noShift32      // a constant by which shifting 32 bits does nothing
	noShift64      // the same for 64 bits
)

// scope is a block, loop or branch of an if that is open.
type scope struct {
	op      byte
	place   int
	height  int  // of the stack below it
	results int  // 0 or 1
	dead    bool // never entered
	orElse  held // the locals for the other branch of an if
	locals  held // at its end, by the branches so far; nil if there are none
	result  value
}

// checkMasks reads the code of a function and notes the features that it needs.
// It returns the place of a comparison that is refused, or 0. The number of locals
// includes the parameters.
func (r *reader) checkMasks(sig Signature, locals int, types []Signature, funcs []uint64, uses map[string]bool) int {
	start := r.at
	m := &masks{reader: r, types: types, funcs: funcs, uses: uses, kinds: map[value]kind{unset: zero | noShift32 | noShift64}, headers: map[int]held{}, number: locals}
	for m.again = true; m.again; {
		r.at, m.again, m.wrong, m.dead = start, false, 0, false
		m.stack, m.scopes = m.stack[:0], append(m.scopes[:0], scope{op: OpBlock, results: len(sig.Results)})
		m.locals = hold(len(sig.Params), locals)
		for len(m.scopes) > 0 {
			m.instruction()
		}
	}
	return m.wrong
}

func (m *masks) push(v value) { m.stack = append(m.stack, v) }

func (m *masks) pop() value {
	last := len(m.stack) - 1
	if last < m.scopes[len(m.scopes)-1].height {
		if m.dead {
			return other
		}
		m.fail("an operand is missing")
	}
	v := m.stack[last]
	m.stack = m.stack[:last]
	return v
}

// constant pushes a constant made at a place.
func (m *masks) constant(place value, n int64) {
	var k kind
	if n == 0 {
		k |= zero
	}
	if n%32 == 0 {
		k |= noShift32
	}
	if n%64 == 0 {
		k |= noShift64
	}
	if k == 0 {
		place = other
	} else {
		m.kinds[place] = k
	}
	m.push(place)
}

// local reads the index of a local.
func (m *masks) local() int {
	i := m.u()
	if i >= uint64(m.number) {
		m.fail("local %d of %d", i, m.number)
	}
	return int(i)
}

func (m *masks) instruction() {
	place := m.at
	switch op := m.byte(); {
	case op == OpBlock, op == OpLoop, op == OpIf:
		m.open(op, place)
	case op == OpElse:
		s := &m.scopes[len(m.scopes)-1]
		if s.orElse == nil {
			m.fail("an else without its if")
		}
		m.leave(s)
		m.locals, m.dead, m.stack = s.orElse, s.dead, m.stack[:s.height]
		s.orElse = nil
	case op == OpEnd:
		m.end()
	case op == OpBr, op == OpBrIf:
		m.branch(op)
	case op == OpReturn, op == OpUnreachable:
		m.abandon()
	case op == OpCall:
		sig := m.types[m.funcs[m.u()]]
		for range sig.Params {
			m.pop()
		}
		for range sig.Results {
			m.push(other)
		}
	case op == OpLocalGet:
		m.push(m.locals.get(m.local()))
	case op == OpLocalSet:
		m.locals.set(m.local(), m.pop())
	case op == OpLocalTee:
		v := m.pop()
		m.locals.set(m.local(), v)
		m.push(v)
	case op == OpI32Const, op == OpI64Const:
		m.constant(value(place), m.s())
	case op == 0x71, op == 0x83: // and
		m.pop()
		m.pop()
		m.kinds[value(place)] = mask
		m.push(value(place))
	case op >= 0x74 && op <= 0x76, op >= 0x86 && op <= 0x88: // shifts
		m.shift(op)
	case op >= 0x48 && op <= 0x4f, op >= 0x53 && op <= 0x5a: // <, >, <= and >=
		m.compare(op, place)
	default:
		m.plain(op)
	}
}

// shift reads a shift. One by nothing leaves its operand as it is.
func (m *masks) shift(op byte) {
	nothing := noShift32
	if op >= 0x86 {
		nothing = noShift64
	}
	if by := m.pop(); m.kinds[by]&nothing == 0 {
		m.pop()
		m.push(other)
	}
}

// compare reads an ordered comparison, and notes its place if some machines read it wrong.
func (m *masks) compare(op byte, place int) {
	y, x := m.kinds[m.pop()], m.kinds[m.pop()]
	unsigned := (op < 0x50) == (op%2 == 1) // the opcodes of both widths alternate
	if !m.dead && (x&zero != 0 && y&mask != 0 || x&mask != 0 && y&zero != 0 && unsigned) {
		m.wrong = place
	}
	m.push(other)
}

// abandon begins code that is never reached, up to the scope's end.
func (m *masks) abandon() {
	m.dead, m.stack = true, m.stack[:m.scopes[len(m.scopes)-1].height]
}

// plain reads an instruction of which only the number of operands matters.
func (m *masks) plain(op byte) {
	pops, pushes := 0, 1
	switch {
	case op == 1: // nop
		pushes = 0
	case op == OpDrop, op == OpGlobalSet:
		pops, pushes = 1, 0
	case op == 0x1b: // select
		pops = 3
	case op >= 0x36 && op <= 0x3e: // stores
		pops, pushes = 2, 0
	case op == 0xfc: // memory.copy and memory.fill
		pops, pushes = 3, 0
	case op == OpGlobalGet, op == 0x3f, op == OpF32Const, op == OpF64Const:
	case op >= 0x28 && op <= 0x35, op == 0x40, op == OpI32Eqz, op == 0x50, op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b,
		op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f, op >= 0xa7:
		pops = 1
	default:
		pops = 2
	}
	m.immediates(op, m.uses)
	for range pops {
		m.pop()
	}
	for range pushes {
		m.push(other)
	}
}

func (m *masks) open(op byte, place int) {
	if op == OpIf {
		m.pop()
	}
	s := scope{op: op, place: place, height: len(m.stack), dead: m.dead}
	if t := m.byte(); t >= 0x7c && t <= 0x7f {
		s.results = 1
	} else if t != BlockVoid {
		m.fail("a block with parameters or several results")
	}
	switch op {
	case OpIf:
		s.orElse = slices.Clone(m.locals)
	case OpLoop:
		m.header(place)
		m.locals = slices.Clone(m.headers[place])
	}
	m.scopes = append(m.scopes, s)
}

// header adds what the locals hold on one way to a loop's begin.
func (m *masks) header(place int) {
	h, ok := m.headers[place]
	if !ok {
		h = slices.Clone(m.locals)
	} else if m.dead || !h.meet(m.locals) {
		return
	} else {
		m.again = true
	}
	m.headers[place] = h
}

// leave goes to a scope's end with its result on the stack.
func (m *masks) leave(s *scope) {
	if m.dead {
		return
	}
	result := other
	if s.results > 0 && len(m.stack) > 0 {
		result = m.stack[len(m.stack)-1]
	}
	if s.locals == nil {
		s.locals, s.result = slices.Clone(m.locals), result
		return
	}
	s.locals.meet(m.locals)
	if s.result != result {
		s.result = other
	}
}

func (m *masks) end() {
	last := len(m.scopes) - 1
	s := &m.scopes[last]
	m.leave(s)
	if s.op == OpIf && s.orElse != nil { // without an else, the condition may lead here
		m.locals, m.dead = s.orElse, s.dead
		m.leave(s)
	}
	m.scopes = m.scopes[:last]
	m.stack = m.stack[:s.height]
	m.dead = s.locals == nil
	if !m.dead {
		m.locals = s.locals
	}
	if s.results > 0 {
		m.push(s.result)
	}
}

func (m *masks) branch(op byte) {
	if op == OpBrIf {
		m.pop()
	}
	depth := m.u()
	if depth >= uint64(len(m.scopes)) {
		m.fail("a branch to depth %d of %d", depth, len(m.scopes))
	}
	s := &m.scopes[len(m.scopes)-1-int(depth)]
	if s.op == OpLoop {
		if !m.dead {
			m.header(s.place)
		}
	} else {
		m.leave(s)
	}
	if op == OpBr {
		m.abandon()
	}
}

package engine

import "unicode/utf8"

// opcode is the operation of an instruction in an RE2 program. FORMAT.md says what each one does.
type opcode uint8

const (
	opAlt opcode = iota
	opEmpty
	opMatch
	opFail
	opNop
	opClass
	opAny
	opAnyNotNewline
	opRune
	opcodes
)

type instruction struct {
	op   opcode
	out  int32
	x, y int32
}

type program struct {
	first, n int32 // its instructions among the snapshot's
	start    int32
}

// These are the conditions of an empty instruction.
const (
	beginLine = 1 << iota
	endLine
	beginText
	endText
	wordBoundary
	noWordBoundary
)

// threads is a set of instructions in the order in which they were added. Adding, testing and clearing cost one step
// each.
type threads struct {
	n      int32
	dense  [MaxPatternInstructions]uint16
	sparse [MaxPatternInstructions]uint16
}

// machine runs a program over a text, following all ways at once. Its time grows with the text's length times the
// program's.
type machine struct {
	threads [2]threads
	stack   [MaxPatternInstructions + 1]uint16
}

// noRune stands before the text and after it.
const noRune = -1

// match reports whether p matches anywhere in text. It takes a step for each instruction that may go on at a position
// of the text.
func (s *Snapshot) match(p *program, text string, m *machine, b *budget) bool {
	m.threads[0].n = 0
	current := int32(0)
	before := rune(noRune)
	after, width := runeAt(text, 0)
	for i := int32(0); ; {
		// A match may start at each position.
		if s.follow(p, m, current, p.start, conditions(before, after)) {
			return true
		}
		b.take(m.threads[current].n)
		if after == noRune || b.spent() {
			return false
		}
		i += width
		r := after
		before = r
		after, width = runeAt(text, i)
		here := conditions(before, after)
		next := current ^ 1
		m.threads[next].n = 0
		for k := int32(0); k < m.threads[current].n; k++ {
			in := &s.instructions[p.first+int32(m.threads[current].dense[k])]
			if s.takes(in, r) && s.follow(p, m, next, in.out, here) {
				return true
			}
		}
		current = next
	}
}

// takes reports whether an instruction consumes r.
func (s *Snapshot) takes(in *instruction, r rune) bool {
	switch in.op {
	case opRune:
		return r == in.x
	case opAny:
		return true
	case opAnyNotNewline:
		return r != '\n'
	case opClass:
		lo, hi := in.x>>1, in.y>>1 // in ranges
		for lo < hi {
			mid := lo + (hi-lo)>>1
			switch {
			case r < s.ranges[2*mid]:
				hi = mid
			case r > s.ranges[2*mid+1]:
				lo = mid + 1
			default:
				return true
			}
		}
	}
	return false
}

// follow adds pc, and everything that can be reached from it without consuming a rune, to a set of threads. It reports
// whether that is a match. Each instruction enters the set once and pushes at most once, so the stack can't overflow.
func (s *Snapshot) follow(p *program, m *machine, set, pc, here int32) bool {
	t := &m.threads[set]
	sp := int32(0)
	for {
		if j := int32(t.sparse[pc]); j >= t.n || int32(t.dense[j]) != pc {
			t.sparse[pc] = uint16(t.n)
			t.dense[t.n] = uint16(pc)
			t.n++
			in := &s.instructions[p.first+pc]
			switch in.op {
			case opMatch:
				return true
			case opAlt:
				m.stack[sp] = uint16(in.x)
				sp++
				pc = in.out
				continue
			case opNop:
				pc = in.out
				continue
			case opEmpty:
				if in.x&^here == 0 {
					pc = in.out
					continue
				}
			}
		}
		if sp == 0 {
			return false
		}
		sp--
		pc = int32(m.stack[sp])
	}
}

// runeAt decodes the rune at i and returns it with its width. At the end it returns noRune.
func runeAt(s string, i int32) (rune, int32) {
	if i >= int32(len(s)) {
		return noRune, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return r, int32(n)
}

// conditions returns the conditions that hold between two runes.
func conditions(before, after rune) int32 {
	c := int32(0)
	switch before {
	case noRune:
		c = beginLine | beginText
	case '\n':
		c = beginLine
	}
	switch after {
	case noRune:
		c |= endLine | endText
	case '\n':
		c |= endLine
	}
	if wordRune(before) != wordRune(after) {
		return c | wordBoundary
	}
	return c | noWordBoundary
}

func wordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

package snapshot

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// These are the instructions of the snapshot format.
const (
	opAlt = iota
	opEmpty
	opMatch
	opFail
	opNop
	opClass
	opAny
	opAnyNotNewline
	opRune
)

// program is a pattern in the form that the engine runs.
type program struct {
	start        int
	instructions []instruction
	ranges       []rune // pairs; equal classes share them
}

type instruction struct{ op, out, x, y int }

// patternError says why a pattern is refused, and what to do about it.
type patternError struct{ detail, hint string }

// compilePattern turns a pattern in RE2 syntax, with Go's Perl classes and flags, into a program. The program has only the instructions
// that can be reached, numbered in the order in which they are tried, without captures and steps that do nothing.
// Why: RATIONALE.md "Why RE2 syntax through `regexp/syntax`, and what if Go's tables change?"
func compilePattern(pattern string) (*program, *patternError) {
	if len(pattern) > engine.MaxPatternBytes {
		return nil, &patternError{fmt.Sprintf("a pattern of %d bytes is longer than %d", len(pattern), engine.MaxPatternBytes), ""}
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, explainPattern(pattern, err)
	}
	compiled, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, &patternError{err.Error(), ""}
	}
	b := builder{from: compiled, index: make(map[uint32]int), classes: make(map[string]int)}
	b.to.start = b.visit(uint32(compiled.Start))
	for b.next < len(b.order) {
		b.emit()
	}
	if n := len(b.to.instructions); n > engine.MaxPatternInstructions {
		return nil, &patternError{fmt.Sprintf("the pattern needs %d steps, more than %d", n, engine.MaxPatternInstructions), "repeat fewer times, or match the parts with constraints of their own"}
	}
	if n := len(b.to.ranges); n > engine.MaxPatternRanges {
		return nil, &patternError{fmt.Sprintf("the pattern's classes need %d bounds, more than %d", n, engine.MaxPatternRanges), ""}
	}
	return &b.to, nil
}

// builder renumbers a compiled pattern.
type builder struct {
	from    *syntax.Prog
	to      program
	index   map[uint32]int // the number in to of an instruction of from
	order   []uint32       // the instructions of from, in the order of their numbers in to
	next    int            // the first instruction that is not emitted yet
	classes map[string]int // where the ranges of a class start
}

// visit numbers the first instruction at or after pc that does something.
func (b *builder) visit(pc uint32) int {
	for b.from.Inst[pc].Op == syntax.InstCapture || b.from.Inst[pc].Op == syntax.InstNop {
		pc = b.from.Inst[pc].Out
	}
	i, seen := b.index[pc]
	if !seen {
		i = len(b.order)
		b.index[pc] = i
		b.order = append(b.order, pc)
	}
	return i
}

func (b *builder) emit() {
	in := &b.from.Inst[b.order[b.next]]
	b.next++
	var out instruction
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		out = instruction{op: opAlt, out: b.visit(in.Out), x: b.visit(in.Arg)}
	case syntax.InstEmptyWidth:
		out = instruction{op: opEmpty, out: b.visit(in.Out), x: int(in.Arg)}
	case syntax.InstMatch:
		out = instruction{op: opMatch}
	case syntax.InstRuneAny:
		out = instruction{op: opAny, out: b.visit(in.Out)}
	case syntax.InstRuneAnyNotNL:
		out = instruction{op: opAnyNotNewline, out: b.visit(in.Out)}
	case syntax.InstRune, syntax.InstRune1:
		out = b.runes(in)
	default:
		out = instruction{op: opFail}
	}
	b.to.instructions = append(b.to.instructions, out)
}

// runes returns an instruction that reads one rune of a class. A class of one rune needs no ranges.
func (b *builder) runes(in *syntax.Inst) instruction {
	ranges := in.Rune
	if len(ranges) == 1 {
		ranges = folded(ranges[0], syntax.Flags(in.Arg)&syntax.FoldCase != 0)
	}
	if len(ranges) == 2 && ranges[0] == ranges[1] {
		return instruction{op: opRune, out: b.visit(in.Out), x: int(ranges[0])}
	}
	at, known := b.classes[string(ranges)]
	if !known {
		at = len(b.to.ranges)
		b.classes[string(ranges)] = at
		b.to.ranges = append(b.to.ranges, ranges...)
	}
	return instruction{op: opClass, out: b.visit(in.Out), x: at, y: at + len(ranges)}
}

// folded returns a rune as ranges, with its other cases if fold is set.
func folded(r rune, fold bool) []rune {
	orbit := []rune{r}
	if fold {
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			orbit = append(orbit, next)
		}
	}
	slices.Sort(orbit)
	var ranges []rune
	for _, r := range orbit {
		ranges = append(ranges, r, r)
	}
	return ranges
}

// unsupported lists parts of other dialects that people try. Where one is a prefix of another, the longer comes first.
var unsupported = []struct{ text, name, hint string }{
	{"(?<=", "lookbehind (?<=…)", "match the two parts with two constraints"},
	{"(?<!", "lookbehind (?<!…)", "match the wanted values instead"},
	{"(?=", "lookahead (?=…)", "match the two parts with two constraints"},
	{"(?!", "lookahead (?!…)", "match the wanted values instead"},
	{"(?>", "atomic group (?>…)", "a plain group does the same here: matching never takes long"},
	{"(?#", "comment (?#…)", "leave it out"},
}

// explainPattern says which part of a pattern is not RE2, and at which byte.
func explainPattern(pattern string, err error) *patternError {
	var problem *syntax.Error
	if !errors.As(err, &problem) {
		return &patternError{err.Error(), ""}
	}
	switch problem.Code {
	case syntax.ErrInvalidPerlOp, syntax.ErrInvalidNamedCapture, syntax.ErrMissingRepeatArgument:
		for _, u := range unsupported {
			if strings.HasPrefix(problem.Expr, u.text) {
				return &patternError{fmt.Sprintf("%s at byte %d is not part of RE2", u.name, position(pattern, u.text)), u.hint}
			}
		}
	case syntax.ErrInvalidEscape:
		if e := problem.Expr; len(e) == 2 && digit(e[1]) {
			return &patternError{fmt.Sprintf("backreference %s at byte %d is not part of RE2", e, position(pattern, e)), ""}
		}
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrInvalidUTF8, syntax.ErrLarge, syntax.ErrNestingDepth:
		return &patternError{"the pattern is not RE2: " + problem.Code.String(), ""}
	}
	return &patternError{fmt.Sprintf("the pattern is not RE2: %s %s at byte %d", problem.Code, quoted(problem.Expr), position(pattern, problem.Expr)), ""}
}

// position returns the byte at which a part of a pattern begins. Escaped parentheses and those in a class don't count.
func position(pattern, part string) int {
	for i := 0; i < len(pattern); i++ {
		if strings.HasPrefix(pattern[i:], part) {
			return i
		}
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			rest := strings.TrimPrefix(strings.TrimPrefix(pattern[i+1:], "^"), "]")
			if end := classEnd(rest); end >= 0 && part[0] == '(' {
				i = len(pattern) - len(rest) + end
			}
		}
	}
	return max(strings.Index(pattern, part), 0)
}

// classEnd returns where the bracket that closes a class is, or −1.
func classEnd(class string) int {
	for i := 0; i < len(class); i++ {
		switch class[i] {
		case '\\':
			i++
		case ']':
			return i
		}
	}
	return -1
}

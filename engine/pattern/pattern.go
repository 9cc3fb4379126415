// Package pattern compiles patterns in RE2 syntax to the programs that a snapshot holds and the engine runs.
package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
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

// Program is a pattern in the form that the engine runs. FORMAT.md describes its members.
type Program struct {
	Start        int
	Instructions []Instruction
	Ranges       []rune // pairs; equal classes share them
}

// Instruction is one step of a program.
type Instruction struct{ Op, Out, X, Y int }

// Error says why a pattern is refused, and what to do about it.
type Error struct{ Detail, Hint string }

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Compile turns a pattern in RE2 syntax, with Go's Perl classes and flags, into a program. The program has only the
// instructions that can be reached, numbered in the order in which they are tried, without captures and steps that do
// nothing.
//
// Why: RATIONALE.md "Why RE2 syntax through `regexp/syntax`, and what if Go's tables change?"
func Compile(pattern string) (*Program, *Error) {
	if len(pattern) > engine.MaxPatternBytes {
		return nil, &Error{fmt.Sprintf("a pattern of %d bytes exceeds the limit of %d", len(pattern), engine.MaxPatternBytes), ""}
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, explainPattern(pattern, err)
	}
	compiled, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, &Error{err.Error(), ""}
	}
	b := builder{from: compiled, index: make(map[uint32]int), classes: make(map[string]int)}
	b.to.Start = b.visit(uint32(compiled.Start))
	for b.next < len(b.order) {
		b.emit()
	}
	if n := len(b.to.Instructions); n > engine.MaxPatternInstructions {
		return nil, &Error{fmt.Sprintf("the pattern needs %d steps, more than the limit of %d", n, engine.MaxPatternInstructions), "repeat fewer times, or match the parts with constraints of their own"}
	}
	if n := len(b.to.Ranges); n > engine.MaxPatternRanges {
		return nil, &Error{fmt.Sprintf("the pattern's classes need %d bounds, more than the limit of %d", n, engine.MaxPatternRanges), ""}
	}
	return &b.to, nil
}

// builder renumbers a compiled pattern.
type builder struct {
	from    *syntax.Prog
	to      Program
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
	var out Instruction
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		out = Instruction{Op: opAlt, Out: b.visit(in.Out), X: b.visit(in.Arg)}
	case syntax.InstEmptyWidth:
		out = Instruction{Op: opEmpty, Out: b.visit(in.Out), X: int(in.Arg)}
	case syntax.InstMatch:
		out = Instruction{Op: opMatch}
	case syntax.InstRuneAny:
		out = Instruction{Op: opAny, Out: b.visit(in.Out)}
	case syntax.InstRuneAnyNotNL:
		out = Instruction{Op: opAnyNotNewline, Out: b.visit(in.Out)}
	case syntax.InstRune, syntax.InstRune1:
		out = b.runes(in)
	default:
		out = Instruction{Op: opFail}
	}
	b.to.Instructions = append(b.to.Instructions, out)
}

// runes returns an instruction that reads one rune of a class. A class of one rune needs no ranges.
func (b *builder) runes(in *syntax.Inst) Instruction {
	ranges := in.Rune
	if len(ranges) == 1 {
		ranges = folded(ranges[0], syntax.Flags(in.Arg)&syntax.FoldCase != 0)
	}
	if len(ranges) == 2 && ranges[0] == ranges[1] {
		return Instruction{Op: opRune, Out: b.visit(in.Out), X: int(ranges[0])}
	}
	at, known := b.classes[string(ranges)]
	if !known {
		at = len(b.to.Ranges)
		b.classes[string(ranges)] = at
		b.to.Ranges = append(b.to.Ranges, ranges...)
	}
	return Instruction{Op: opClass, Out: b.visit(in.Out), X: at, Y: at + len(ranges)}
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
func explainPattern(pattern string, err error) *Error {
	var problem *syntax.Error
	if !errors.As(err, &problem) {
		return &Error{err.Error(), ""}
	}
	switch problem.Code {
	case syntax.ErrInvalidPerlOp, syntax.ErrInvalidNamedCapture, syntax.ErrMissingRepeatArgument:
		for _, u := range unsupported {
			if strings.HasPrefix(problem.Expr, u.text) {
				return &Error{fmt.Sprintf("%s at byte %d is not part of RE2", u.name, position(pattern, u.text)), u.hint}
			}
		}
	case syntax.ErrInvalidEscape:
		if e := problem.Expr; len(e) == 2 && '0' <= e[1] && e[1] <= '9' {
			return &Error{fmt.Sprintf("backreference %s at byte %d is not part of RE2", e, position(pattern, e)), ""}
		}
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrInvalidUTF8, syntax.ErrLarge, syntax.ErrNestingDepth:
		return &Error{"the pattern is not RE2: " + problem.Code.String(), ""}
	}
	return &Error{fmt.Sprintf("the pattern is not RE2: %s %s at byte %d", problem.Code, strconv.Quote(problem.Expr), position(pattern, problem.Expr)), ""}
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

package emit

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// tidier makes a function's instructions fewer. It changes which blocks there are
// and how they are left, and where the same instructions stand on several ways;
// what is executed on each way stays the same, in the same order.
type tidier struct {
	shaper
	whole *block         // the function: leaving it is returning
	to    map[*block]int // branches to each block, or some that are gone by now
}

// tidy tidies a function's instructions until there is nothing left to do.
func tidy(f *ir.Func, locals []ir.Type, code []instr) []instr {
	t := &tidier{shaper{locals}, &block{result: ir.Void, body: code}, nil}
	switch len(f.Results) {
	case 0:
	case 1:
		t.whole.result = f.Results[0]
	default:
		t.whole.result = several
	}
	inlineTraps(t.whole.body)
	for turn, before := 0, -1; turn < turns && before != count(t.whole.body); turn++ {
		before = count(t.whole.body)
		t.measure()
		t.shareReturn()
		t.measure()
		t.whole.body = t.ends(t.whole.body, t.whole.result, []*block{t.whole})
		t.measure()
		t.whole.body = t.joins(t.whole.body, t.waysOut())
		t.whole.body = t.ifs(t.whole.body, []*block{t.whole})
		t.whole.body = t.conditions(t.whole.body)
		t.whole.body = t.stack(t.whole.body)
		t.forget()
	}
	return t.whole.body
}

// turns bounds how often a function is gone through.
const turns = 20

// several is the result of a function that has several; no block has it.
const several ir.Type = 0

// count is roughly the size of code.
func count(code []instr) (n int) {
	walk(code, func(i *instr) {
		switch {
		case i.structured():
			n += 3
		case i.to != nil, i.op.IsConst(), i.op == opGet, i.op == opSet, i.op == opTee:
			n += 2
		default:
			n++
		}
	})
	return n
}

// branches counts the branches to each block.
func branches(code []instr) map[*block]int {
	to := map[*block]int{}
	walk(code, func(i *instr) {
		if i.to != nil {
			to[i.to]++
		}
	})
	return to
}

// measure counts the branches to each block, and finds out which blocks' ends
// are never reached.
func (t *tidier) measure() {
	t.to = branches(t.whole.body)
	var visit func(code []instr)
	visit = func(code []instr) {
		for _, i := range code {
			if i.structured() {
				visit(i.block.body)
				visit(i.block.other)
				i.block.away = t.away(i)
			}
		}
	}
	visit(t.whole.body)
}

// away reports whether a block's end is never reached. What it holds has been
// measured.
func (t *tidier) away(i instr) bool {
	switch i.op {
	case opIf:
		return leaves(i.block.body) && leaves(i.block.other)
	case opLoop:
		return leaves(i.block.body)
	}
	return leaves(i.block.body) && t.to[i.block] == 0
}

// leaves reports whether code, which has been measured, never comes to its end.
func leaves(code []instr) bool {
	if len(code) == 0 {
		return false
	}
	switch last := code[len(code)-1]; last.op {
	case opUnreachable, opBr, opReturn:
		return true
	default:
		return last.structured() && last.block.away
	}
}

// inlineTraps spares the block that checks lead out of, if they are few.
func inlineTraps(code []instr) {
	to := branches(code)
	for _, i := range code {
		if i.op != opBlock || code[len(code)-1].op != opUnreachable || to[i.block] > 2 {
			continue
		}
		walk(i.block.body, func(j *instr) {
			if j.op == opBrIf && j.to == i.block {
				*j = instr{op: opIf, block: &block{result: ir.Void, body: []instr{{op: opUnreachable}}}}
			}
		})
	}
}

// leads reports whether i goes where falling off the end of the code at hand does.
func (t *tidier) leads(i instr, ends []*block) bool {
	return i.op == opBr && slices.Contains(ends, i.to) || i.op == opReturn && slices.Contains(ends, t.whole)
}

// within are the ends of a block's code: its own, and those of the code around it
// if the block comes last there and leaves the same behind.
func within(i instr, last bool, result ir.Type, ends []*block) (inner []*block) {
	if i.op != opLoop {
		inner = append(inner, i.block)
	}
	if last && i.block.result == result {
		inner = append(inner, ends...)
	}
	return inner
}

// ends drops what is never reached, branches to where the code goes on anyway,
// and blocks that nothing branches to.
func (t *tidier) ends(code []instr, result ir.Type, ends []*block) (out []instr) {
	for k := 0; k < len(code) && !leaves(out); k++ {
		i := code[k]
		if i.op == opIf {
			var turned bool
			if code, turned = t.arms(code, k, result, ends); turned {
				out = negate(out)
			}
			i = code[k]
		}
		if !i.structured() {
			out = append(out, i)
			continue
		}
		last := k == len(code)-1
		if last && result != several && (i.block.result == ir.Void || i.block.away) {
			i.block.result = result // if that isn't the same, its end is never reached
		}
		inner := within(i, last, result, ends)
		i.block.body = t.ends(i.block.body, i.block.result, inner)
		i.block.other = t.ends(i.block.other, i.block.result, inner)
		i.block.away = t.away(i)
		switch {
		case i.op != opIf && t.to[i.block] == 0:
			out = append(out, i.block.body...)
		case i.op == opIf && len(i.block.body) == 0 && len(i.block.other) == 0:
			out = append(out, instr{op: opDrop})
		case i.op == opIf && len(i.block.body) == 0:
			i.block.body, i.block.other = i.block.other, nil
			out = append(negate(out), i)
		default:
			out = append(out, i)
		}
	}
	if n := len(out); n > 0 && t.leads(out[n-1], ends) {
		t.to[out[n-1].to]--
		out = out[:n-1]
	}
	return out
}

// arms puts what follows the if at code[k] into an arm, if the other one goes on
// behind all that; and takes an arm out of the if, if the other one goes
// elsewhere. It reports whether the condition has to be the opposite.
func (t *tidier) arms(code []instr, k int, result ir.Type, ends []*block) (changed []instr, turned bool) {
	b, rest := code[k].block, code[k+1:]
	leading := func(arm []instr) bool { return len(arm) > 0 && t.leads(arm[len(arm)-1], ends) }
	switch {
	case len(rest) > 0 && b.result == ir.Void && result != several && leading(b.body):
		b.other, b.result = slices.Concat(b.other, rest), result
		return code[:k+1], false
	case len(rest) > 0 && b.result == ir.Void && result != several && leading(b.other):
		b.body, b.result = slices.Concat(b.body, rest), result
		return code[:k+1], false
	case leaves(b.body) && len(b.other) > 0 && !leading(b.body):
		rest = slices.Concat(b.other, rest)
		b.other, b.result = nil, ir.Void
		return append(code[:k+1:k+1], rest...), false
	case leaves(b.other) && !leading(b.other):
		rest = slices.Concat(b.body, rest)
		b.body, b.other, b.result = b.other, nil, ir.Void
		return append(code[:k+1:k+1], rest...), true
	}
	return code, false
}

// negate makes the condition at the end of code, which it changes, the opposite.
func negate(code []instr) []instr {
	if n := len(code); n > 0 {
		last := code[n-1]
		if op, ok := opposite[last.op]; ok {
			code[n-1].op = op
			return code
		}
		if last.op == ir.OpI32Eqz {
			return code[:n-1]
		}
	}
	return append(code, instr{op: ir.OpI32Eqz})
}

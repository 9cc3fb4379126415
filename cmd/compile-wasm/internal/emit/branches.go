package emit

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// ifs writes a branch past the rest of a block as an if around that rest, where
// that spares the block; and an if around nothing but a branch as that branch.
func (t *tidier) ifs(code []instr, ends []*block) []instr {
	past := map[*block]int{} // branches to each block that can become an if
	t.eachBranchPast(code, t.whole.result, ends, func(_ []instr, i instr) { past[i.to]++ })
	spared, to := map[*block]bool{}, branches(code)
	for b, n := range past {
		spared[b] = b != t.whole && n <= mostIfs && n == to[b]
	}
	return t.makeIfs(code, t.whole.result, ends, spared)
}

// mostIfs is how many ifs are no larger than a block and as many branches.
const mostIfs = 2

// eachBranchPast finds conditional branches to where their code's end leads.
func (t *tidier) eachBranchPast(code []instr, result ir.Type, ends []*block, do func(rest []instr, i instr)) {
	for k, i := range code {
		if i.op == opBrIf && i.to.carries() == ir.Void && result == ir.Void && slices.Contains(ends, i.to) {
			do(code[k+1:], i)
		}
		if i.structured() {
			inner := within(i, k == len(code)-1, result, ends)
			t.eachBranchPast(i.block.body, i.block.result, inner, do)
			t.eachBranchPast(i.block.other, i.block.result, inner, do)
		}
	}
}

func (t *tidier) makeIfs(code []instr, result ir.Type, ends []*block, spared map[*block]bool) (out []instr) {
	for k, i := range code {
		last := k == len(code)-1
		if i.op == opBrIf && i.to.carries() == ir.Void && result == ir.Void && slices.Contains(ends, i.to) && spared[i.to] {
			if last {
				return append(out, instr{op: opDrop})
			}
			rest := instr{op: opIf, block: &block{result: ir.Void, body: code[k+1:]}}
			rest.block.body = t.makeIfs(rest.block.body, ir.Void, within(rest, true, ir.Void, ends), spared)
			return append(negate(out), rest)
		}
		if !i.structured() {
			out = append(out, i)
			continue
		}
		inner := within(i, last, result, ends)
		i.block.body = t.makeIfs(i.block.body, i.block.result, inner, spared)
		i.block.other = t.makeIfs(i.block.other, i.block.result, inner, spared)
		if i.op == opIf && len(i.block.body) == 1 && len(i.block.other) == 0 {
			switch only := i.block.body[0]; {
			case only.op == opBr && only.to.carries() == ir.Void:
				out = append(out, instr{op: opBrIf, to: only.to})
				continue
			case only.op == opReturn && t.whole.result == ir.Void:
				out = append(out, instr{op: opBrIf, to: t.whole})
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

// conditions writes an if around a simple value and a branch that takes it as a
// conditional branch with that value: value, condition, br_if, drop.
func (t *tidier) conditions(code []instr) (out []instr) {
	for _, i := range code {
		if i.structured() {
			i.block.body, i.block.other = t.conditions(i.block.body), t.conditions(i.block.other)
		}
		value, to, ok := t.carries(i)
		if !ok {
			out = append(out, i)
			continue
		}
		at, ok := t.operand(out, len(out))
		if !ok || value.op == opGet && sets(out[at:], value.n) {
			out = append(out, i)
			continue
		}
		out = slices.Insert(out, at, value)
		out = append(out, instr{op: opBrIf, to: to}, instr{op: opDrop})
	}
	return out
}

// carries reports whether i is an if around a simple value and a branch with it.
func (t *tidier) carries(i instr) (value instr, to *block, ok bool) {
	if i.op != opIf || len(i.block.body) != 2 || len(i.block.other) > 0 {
		return instr{}, nil, false
	}
	value, branch := i.block.body[0], i.block.body[1]
	to = branch.to
	if branch.op == opReturn {
		to = t.whole
	}
	if value.op != opGet && value.op != ir.OpI32Const || to == nil || branch.op == opBrIf {
		return instr{}, nil, false
	}
	return value, to, to.carries() != ir.Void && to.carries() != several
}

// sets reports whether code sets a local.
func sets(code []instr, local int64) (yes bool) {
	walk(code, func(i *instr) { yes = yes || (i.op == opSet || i.op == opTee) && i.n == local })
	return yes
}

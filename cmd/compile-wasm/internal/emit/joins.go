package emit

import (
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// joins moves what all ways to the end of a block do last behind the block. What
// that takes from the stack becomes the block's result.
func (t *tidier) joins(code []instr, out map[*block]exits) (done []instr) {
	for _, i := range code {
		done = append(done, i)
		if !i.structured() {
			continue
		}
		i.block.body, i.block.other = t.joins(i.block.body, out), t.joins(i.block.other, out)
		var ways []*[]instr
		switch x := out[i.block]; {
		case i.op == opIf && len(i.block.other) > 0 && !leaves(i.block.body) && !leaves(i.block.other):
			ways = []*[]instr{&i.block.body, &i.block.other}
		case i.op == opBlock && !x.conditional:
			ways = x.ways
			if !leaves(i.block.body) {
				ways = append(ways, &i.block.body)
			}
		}
		if len(ways) < 2 {
			continue
		}
		n, result := t.suffix(ways, i.block.result)
		if n == 0 {
			continue
		}
		first := *ways[0]
		done = append(done, first[ending(first)-n:ending(first)]...)
		for _, w := range ways {
			*w = slices.Delete(slices.Clone(*w), ending(*w)-n, ending(*w))
		}
		i.block.result = result
	}
	return done
}

// exits are the pieces of code, each a whole body or arm, that end with a branch
// out of a block. A conditional branch may lead out, too.
type exits struct {
	ways        []*[]instr
	conditional bool
}

// waysOut finds the exits of each block. Those of the function are its returns.
func (t *tidier) waysOut() map[*block]exits {
	out := map[*block]exits{}
	var visit func(code *[]instr)
	visit = func(code *[]instr) {
		for _, i := range *code {
			to := i.to
			if i.op == opReturn {
				to = t.whole
			}
			if to != nil {
				x := out[to]
				if i.op == opBrIf {
					x.conditional = true
				} else {
					x.ways = append(x.ways, code)
				}
				out[to] = x
			}
			if i.structured() {
				visit(&i.block.body)
				visit(&i.block.other)
			}
		}
	}
	visit(&t.whole.body)
	return out
}

// ending is where a way's own code ends: at its branch, if it has one.
func ending(code []instr) int {
	if n := len(code); n > 0 && (code[n-1].op == opBr || code[n-1].op == opReturn) {
		return n - 1
	}
	return len(code)
}

// suffix is how many instructions all ways have in common at their end and could
// share, and what the block's result is then.
func (t *tidier) suffix(ways []*[]instr, result ir.Type) (n int, before ir.Type) {
	before = result
	need := len(resultOf(&block{result: result}))
	drops := false // takes a value of any type
	for k := 1; ; k++ {
		first := *ways[0]
		at := ending(first) - k
		if at < 0 || first[at].structured() || first[at].to != nil {
			return n, before
		}
		for _, w := range ways[1:] {
			if e := ending(*w) - k; e < 0 || !same((*w)[e], first[at]) {
				return n, before
			}
		}
		sh := t.shape(first[at])
		if sh.opaque || len(sh.puts) > need {
			return n, before
		}
		need += sh.takes - len(sh.puts)
		drops = drops || first[at].op == opDrop
		switch {
		case need == 0:
			n, before = k, ir.Void
		case need == 1 && at > 0:
			if typ, ok := t.leaves(first, k); ok && (!drops || t.allLeave(ways, k, typ)) {
				n, before = k, typ
			}
		}
	}
}

// leaves returns the type of the value that a way puts on the stack right before
// its last k instructions.
func (t *tidier) leaves(way []instr, k int) (ir.Type, bool) {
	at := ending(way) - k - 1
	if at < 0 {
		return ir.Void, false
	}
	sh := t.shape(way[at])
	if len(sh.puts) != 1 || sh.opaque {
		return ir.Void, false
	}
	return sh.puts[0], true
}

// allLeave reports whether all ways leave a value of the same type there.
func (t *tidier) allLeave(ways []*[]instr, k int, typ ir.Type) bool {
	for _, w := range ways {
		if other, ok := t.leaves(*w, k); !ok || other != typ {
			return false
		}
	}
	return true
}

// shareReturn lets all returns of a function share what they do before, if that
// makes the function smaller: putting back the stack pointer, for one.
func (t *tidier) shareReturn() {
	if t.whole.result == several {
		return
	}
	x := t.waysOut()[t.whole]
	ways := x.ways
	if len(ways) < 2 || x.conditional {
		return
	}
	if !leaves(t.whole.body) {
		ways = append(ways, &t.whole.body)
	}
	n, result := t.suffix(ways, t.whole.result)
	first := *ways[0]
	shared := slices.Clone(first[ending(first)-n : ending(first)])
	// Each way has these and a return; it gets a branch instead.
	const ofBlock, ofBranch = 4, 2
	if size := count(shared); (len(ways)-1)*size <= ofBlock+len(ways)*(ofBranch-1) {
		return
	}
	body := &block{result: result}
	for _, w := range ways {
		end := ending(*w)
		falls := end == len(*w)
		*w = slices.Clone((*w)[:end-n])
		if !falls {
			*w = append(*w, instr{op: opBr, to: body})
		}
	}
	body.body = t.whole.body
	t.whole.body = append([]instr{{op: opBlock, block: body}}, shared...)
}

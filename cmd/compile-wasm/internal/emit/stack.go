package emit

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// stack leaves values on the stack instead of setting a local and getting it.
func (t *tidier) stack(code []instr) (out []instr) {
	for _, i := range code {
		if i.structured() {
			i.block.body, i.block.other = t.stack(i.block.body), t.stack(i.block.other)
		}
		n := len(out)
		switch {
		case n > 0 && i.op == opGet && out[n-1] == (instr{op: opSet, n: i.n}):
			out[n-1].op = opTee
		case n > 0 && i.op == opDrop && out[n-1].op == opTee:
			out[n-1].op = opSet
		case n > 0 && i.op == opDrop && (out[n-1].op == opGet || out[n-1].op.IsConst()):
			out = out[:n-1]
		case n > 0 && i.op == opSet && out[n-1] == (instr{op: opGet, n: i.n}):
			out = out[:n-1]
		default:
			out = append(out, i)
		}
	}
	return out
}

// forget removes what is put into locals that nothing gets any more.
func (t *tidier) forget() {
	l := &liveness{at: map[*block]set{}, locals: len(t.locals)}
	for l.grown = true; l.grown; {
		l.grown = false
		l.before(t.whole.body, newSet(l.locals))
	}
	l.last = true
	l.before(t.whole.body, newSet(l.locals))
	t.whole.body = drop(t.whole.body)
}

// drop removes what forget has marked.
func drop(code []instr) (out []instr) {
	for _, i := range code {
		if i.structured() {
			i.block.body, i.block.other = drop(i.block.body), drop(i.block.other)
		}
		if i.op != dead {
			out = append(out, i)
		}
	}
	return out
}

// dead marks an instruction to be removed.
const dead ir.Op = 0xffff

// liveness finds the locals that are got again before they are set.
type liveness struct {
	locals int
	at     map[*block]set // where branches to the block lead
	grown  bool           // more is alive where a loop begins than was known
	last   bool           // nothing changes any more: mark what is set for nothing
}

// before is what is alive before code, if after is alive behind it.
func (l *liveness) before(code []instr, after set) set {
	alive := newSet(l.locals)
	alive.unite(after)
	for k := len(code) - 1; k >= 0; k-- {
		i := &code[k]
		switch i.op {
		case opGet:
			alive.add(int(i.n))
		case opSet, opTee:
			if l.last && !alive.has(int(i.n)) {
				if i.op == opSet {
					*i = instr{op: opDrop}
				} else {
					*i = instr{op: dead}
				}
				continue
			}
			alive.remove(int(i.n))
		case opBr:
			alive = newSet(l.locals)
			alive.unite(l.at[i.to])
		case opBrIf:
			alive.unite(l.at[i.to])
		case opReturn, opUnreachable:
			alive = newSet(l.locals)
		case opBlock:
			l.at[i.block] = alive
			alive = l.before(i.block.body, alive)
		case opIf:
			l.at[i.block] = alive
			other := l.before(i.block.other, alive)
			alive = l.before(i.block.body, alive)
			alive.unite(other)
		case opLoop:
			if l.at[i.block] == nil {
				l.at[i.block] = newSet(l.locals)
			}
			alive = l.before(i.block.body, alive)
			l.grown = l.at[i.block].unite(alive) || l.grown
		}
	}
	return alive
}

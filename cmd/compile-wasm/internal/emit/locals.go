package emit

import (
	"math/bits"
	"slices"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// allocator gives values locals: values that are never alive at the same time
// may share one, and a phi shares its arguments' where that saves a move.
type allocator struct {
	f      *ir.Func
	folded []bool
	uses   []int
	number []int // of each value that needs a local, by ID; −1 for others
	values []*ir.Value
	class  []int   // union-find over the numbers
	apart  []set   // per class, what is alive together with a member
	member [][]int // per class, its members
}

// set is a set of value numbers.
type set []uint64

func newSet(n int) set       { return make(set, (n+63)/64) }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }
func (s set) all(yield func(i int) bool) {
	for k, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(k*64 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}
func (s set) unite(t set) (changed bool) {
	for i, w := range t {
		changed = changed || w&^s[i] != 0
		s[i] |= w
	}
	return changed
}

// locals fills in the local of each value, by ID, as index + 1, and gives the
// types of the locals after the parameters.
func locals(f *ir.Func, folded []bool, uses []int) (local []int, types []byte) {
	a := &allocator{f: f, folded: folded, uses: uses, number: make([]int, f.NumValues())}
	for i := range a.number {
		a.number[i] = -1
	}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if a.needsLocal(v) {
				a.number[v.ID] = len(a.values)
				a.values = append(a.values, v)
				a.class = append(a.class, len(a.class))
				a.member = append(a.member, []int{len(a.member)})
			}
		}
	}
	a.interfere()
	a.coalesce()
	return a.colour()
}

func (a *allocator) needsLocal(v *ir.Value) bool {
	return v.Type != ir.Void && a.uses[v.ID] > 0 && !a.folded[v.ID] && !rematerialised(v)
}

// read calls do with each local that computing v reads, v being folded or not.
func (a *allocator) read(v *ir.Value, do func(i int)) {
	for _, x := range v.Args {
		a.pushed(x, do)
	}
}

// pushed is read for an argument.
func (a *allocator) pushed(x *ir.Value, do func(i int)) {
	if a.folded[x.ID] {
		a.read(x, do)
	} else if n := a.number[x.ID]; n >= 0 {
		do(n)
	}
}

// backwards goes through b from its end, with what is alive there, and calls
// define just after (in time) each value is set.
func (a *allocator) backwards(b *ir.Block, alive set, define func(i int)) {
	if b.Term == ir.Jump {
		to := b.Succs[0]
		k := slices.Index(to.Preds, b)
		for _, phi := range to.Phis() {
			if n := a.number[phi.ID]; n >= 0 && phi.Args[k] != phi {
				define(n)
			}
		}
		for _, phi := range to.Phis() {
			if n := a.number[phi.ID]; n >= 0 && phi.Args[k] != phi {
				alive.remove(n)
			}
		}
		for _, phi := range to.Phis() {
			if a.number[phi.ID] >= 0 {
				a.pushed(phi.Args[k], alive.add)
			}
		}
	}
	for _, v := range b.Ctrl {
		a.pushed(v, alive.add)
	}
	for i := len(b.Values) - 1; i >= 0; i-- {
		v := b.Values[i]
		if v.Op == ir.OpPhi || v.Op == ir.OpParam || a.folded[v.ID] || rematerialised(v) {
			continue
		}
		if v.Op == ir.OpResult {
			continue // set by its call
		}
		if v.Op == ir.OpCall && len(v.Callee.Results) > 1 {
			a.defineResults(b, i, alive, define)
		} else if n := a.number[v.ID]; n >= 0 {
			define(n)
			alive.remove(n)
		}
		a.read(v, alive.add)
	}
}

// defineResults sets the results of the call at place i, all together.
func (a *allocator) defineResults(b *ir.Block, i int, alive set, define func(i int)) {
	call := b.Values[i]
	var all []int
	for _, v := range b.Values[i+1:] {
		if v.Op == ir.OpResult && v.Args[0] == call && a.number[v.ID] >= 0 {
			all = append(all, a.number[v.ID])
		}
	}
	for _, n := range all {
		define(n)
	}
	for _, n := range all {
		alive.remove(n)
	}
}

// interfere finds what is alive where, and from that which values may not share.
func (a *allocator) interfere() {
	n := len(a.values)
	entry := make(map[*ir.Block]set, len(a.f.Blocks)) // alive on entry, phis included
	for _, b := range a.f.Blocks {
		entry[b] = newSet(n)
	}
	exit := func(b *ir.Block) set {
		alive := newSet(n)
		for _, s := range b.Succs {
			alive.unite(entry[s])
		}
		return alive
	}
	for changed := true; changed; {
		changed = false
		for _, b := range slices.Backward(a.f.Blocks) {
			alive := exit(b)
			a.backwards(b, alive, func(int) {})
			for _, phi := range b.Phis() {
				if k := a.number[phi.ID]; k >= 0 {
					alive.add(k)
				}
			}
			changed = entry[b].unite(alive) || changed
		}
	}
	a.apart = make([]set, n)
	for i := range a.apart {
		a.apart[i] = newSet(n)
	}
	for _, b := range a.f.Blocks {
		alive := exit(b)
		a.backwards(b, alive, func(i int) {
			a.apart[i].unite(alive)
			for j := range alive.all {
				a.apart[j].add(i)
			}
		})
	}
}

func (a *allocator) find(i int) int {
	for a.class[i] != i {
		i = a.class[i]
	}
	return i
}

// coalesce joins phis with arguments that they never are alive together with.
func (a *allocator) coalesce() {
	for _, b := range a.f.Blocks {
		for _, phi := range b.Phis() {
			for _, x := range phi.Args {
				if a.number[phi.ID] < 0 || a.number[x.ID] < 0 {
					continue
				}
				p, q := a.find(a.number[phi.ID]), a.find(a.number[x.ID])
				if p == q || a.clash(p, q) {
					continue
				}
				if a.values[q].Op == ir.OpParam { // keep the parameter as the class's name
					p, q = q, p
				}
				a.class[q] = p
				a.member[p] = append(a.member[p], a.member[q]...)
				a.apart[p].unite(a.apart[q])
			}
		}
	}
}

// clash reports whether members of two classes are alive together.
func (a *allocator) clash(p, q int) bool {
	if a.values[p].Op == ir.OpParam && a.values[q].Op == ir.OpParam {
		return true
	}
	return slices.ContainsFunc(a.member[p], a.apart[q].has) || slices.ContainsFunc(a.member[q], a.apart[p].has)
}

// colour gives each class the first local of its type that no class it clashes
// with has taken.
func (a *allocator) colour() (local []int, types []byte) {
	local = make([]int, a.f.NumValues())
	of := make([]int, len(a.values)) // of classes, index + 1
	members := make([]set, len(a.values))
	for i := range a.values {
		c := a.find(i)
		if members[c] == nil {
			members[c] = newSet(len(a.values))
		}
		members[c].add(i)
		if v := a.values[i]; v.Op == ir.OpParam {
			of[c] = int(v.Imm) + 1
		}
	}
	all := make([]byte, 0, len(a.f.Params)) // types of all locals
	for _, t := range a.f.Params {
		all = append(all, byte(t))
	}
	taken := make([]set, len(all)) // by local, the values in it
	for i := range taken {
		taken[i] = newSet(len(a.values))
	}
	for c := range a.values {
		if of[c] > 0 && a.find(c) == c {
			taken[of[c]-1].unite(members[c])
		}
	}
	for c := range a.values {
		if a.find(c) != c || of[c] > 0 {
			continue
		}
		k := slices.IndexFunc(taken, func(s set) bool { return !intersect(s, a.apart[c]) })
		for k >= 0 && all[k] != byte(a.values[c].Type) {
			next := slices.IndexFunc(taken[k+1:], func(s set) bool { return !intersect(s, a.apart[c]) })
			if next < 0 {
				k = -1
			} else {
				k += 1 + next
			}
		}
		if k < 0 {
			k = len(all)
			all = append(all, byte(a.values[c].Type))
			taken = append(taken, newSet(len(a.values)))
		}
		of[c] = k + 1
		taken[k].unite(members[c])
	}
	for i, v := range a.values {
		local[v.ID] = of[a.find(i)]
	}
	return local, all[len(a.f.Params):]
}

func intersect(s, t set) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

package ir

import "slices"

// Dominators removes unreachable blocks, orders the rest in reverse postorder
// and builds the dominator tree (Cooper, Harvey and Kennedy, 2001).
func (f *Func) Dominators() {
	var post []*Block
	seen := make([]bool, f.nextB)
	var walk func(b *Block)
	walk = func(b *Block) {
		seen[b.ID] = true
		for i := len(b.Succs) - 1; i >= 0; i-- {
			if s := b.Succs[i]; !seen[s.ID] {
				walk(s)
			}
		}
		post = append(post, b)
	}
	walk(f.Blocks[0])
	for _, b := range f.Blocks {
		if !seen[b.ID] {
			for len(b.Succs) > 0 {
				b.RemoveEdge(0)
			}
		}
	}
	slices.Reverse(post)
	f.Blocks = post
	for i, b := range post {
		b.Order, b.Idom, b.Children = i, nil, nil
	}
	entry := post[0]
	entry.Idom = entry
	for changed := true; changed; {
		changed = false
		for _, b := range post[1:] {
			var d *Block
			for _, p := range b.Preds {
				if p.Idom == nil {
					continue
				}
				if d == nil {
					d = p
					continue
				}
				for x := p; x != d; {
					for x.Order > d.Order {
						x = x.Idom
					}
					for d.Order > x.Order {
						d = d.Idom
					}
				}
			}
			if b.Idom != d {
				b.Idom, changed = d, true
			}
		}
	}
	entry.Idom = nil
	for _, b := range post[1:] {
		b.Idom.Children = append(b.Idom.Children, b)
	}
	f.spans()
}

// spans numbers the dominator tree in preorder, for Dominates.
func (f *Func) spans() {
	n := 0
	var walk func(b *Block) int
	pre := make([]int, f.nextB)
	walk = func(b *Block) int {
		pre[b.ID] = n
		n++
		for _, c := range b.Children {
			walk(c)
		}
		b.last = n
		return n
	}
	walk(f.Blocks[0])
	for _, b := range f.Blocks {
		b.first = pre[b.ID]
	}
}

// Dominates reports whether every way to c leads through b (b itself included).
func (b *Block) Dominates(c *Block) bool { return b.first <= c.first && c.first < b.last }

// IsLoop reports whether an edge leads back to b.
func (b *Block) IsLoop() bool {
	for _, p := range b.Preds {
		if p.Order >= b.Order {
			return true
		}
	}
	return false
}

// Irreducible returns a block that is entered by a back edge from a block it
// does not dominate, or nil. Structured code can't express that.
func (f *Func) Irreducible() *Block {
	for _, b := range f.Blocks {
		for _, s := range b.Succs {
			if s.Order <= b.Order && !s.Dominates(b) {
				return s
			}
		}
	}
	return nil
}

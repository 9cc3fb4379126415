// Package main has variables that outlive their functions and variables that
// don't; the comments say which. Its functions are only analysed.
package main

type node struct {
	next *node
	v    [4]int32
}

type holder struct {
	name string
	list []int32
	p    *node
}

var global *node

//go:wasmexport run
func run(n int32) int32 {
	var kept node // escapes: stored in a package variable
	keep(&kept)
	var lent node // stays
	n += read(&lent)
	n += *give(n) + ping(n, nil) + walk(n, nil) + local(n) + loops(n) + through(n) + deepen(n, nil).v[0]
	return n + two(n) + convert(n)
}

func keep(p *node) { global = p }

func read(p *node) int32 { return p.v[1] }

func give(n int32) *int32 {
	x := n // escapes: returned
	return &x
}

// ping and pong call each other. What ping makes is handed on to a deeper call
// of itself, which hands it back as a result of pong.
func ping(n int32, p *node) int32 {
	var mine node // escapes: comes back as part of a result
	mine.next = p
	if n <= 0 {
		return 0
	}
	q := pong(n-1, &mine)
	return q.v[0]
}

func pong(n int32, p *node) *node {
	if n > 3 {
		ping(n-1, p)
	}
	global = p
	return p
}

// walk links each frame's variable to the one before: the deeper frames only
// look up the chain, but which frame a variable is in can't be told apart.
func walk(n int32, up *node) int32 {
	var here node // escapes: held by another activation's variable
	here.next = up
	if n <= 0 {
		return here.next.v[0]
	}
	return walk(n-1, &here)
}

// deepen keeps the address of a variable of one activation in one of an outer.
func deepen(n int32, outer *holder) *node {
	var inner node // escapes: stored through a parameter
	if outer != nil {
		outer.p = &inner
	}
	var mine holder // stays
	if n > 0 {
		deepen(n-1, &mine)
		return mine.p
	}
	return &node{} // escapes: returned
}

func local(n int32) int32 {
	var buf [8]int32             // stays: sliced, stored in another local, passed down
	h := holder{list: buf[:n&7]} // stays
	fill(&h)
	return h.list[0] + buf[1]
}

func fill(h *holder) {
	for i := range h.list {
		h.list[i]++
	}
}

func loops(n int32) int32 {
	var first *node
	for i := range n {
		var x node // escapes: the next round still sees it
		x.next = first
		first = &x
		var y node // stays: used within one round
		y.v[0] = i
		n += read(&y)
	}
	return n + first.v[0]
}

func through(n int32) int32 {
	var h holder // stays
	var x node   // stays: held by h, which stays
	set(&h, &x)
	return h.p.v[n&3]
}

func set(h *holder, p *node) { h.p = p }

// two returns one of two, chosen by the caller.
func two(n int32) int32 {
	a, b := n, n+1 // stays: both come back to this very frame
	return *pick(&a, &b, n > 3)
}

func pick(a, b *int32, first bool) *int32 {
	if first {
		return a
	}
	return b
}

func convert(n int32) int32 {
	var b [4]byte // stays: the string is a copy
	b[0] = byte(n)
	s := string(b[:])
	return int32(len(s))
}

// put is handed an address by the host.
//
//go:wasmexport put
func put(p **int32, v int32) {
	x := v // escapes: stored where the host said
	*p = &x
}

//go:wasmexport link
func link(p *node, v int32) {
	p.next = &node{} // escapes: stored where the host said
	p.next.v[0] = v
}

func main() {}

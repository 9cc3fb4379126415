package main

import "unsafe"

type other node

var (
	nodes   []*node
	pair    [2]*node
	numbers []int32
	number  *int32
	four    *[4]int32
	address uintptr
)

// ways has a variable for each way that an address can take.
//
//go:wasmexport ways
func ways(n int32) int32 {
	var appended node // escapes: an element of a package variable's slice
	nodes = append(nodes, &appended)
	var copied node // escapes: copied to such an element
	one := [1]*node{&copied}
	copy(nodes, one[:])
	var extracted node // escapes: the first of two results
	global, _ = couple(&extracted)
	var indexed node // escapes: an element of an array that is a value
	global = array(&indexed)[n&1]
	var field node // escapes: a field of a struct that is a value
	global = hold(&field).p
	var converted other // escapes: as another type
	global = (*node)(&converted)
	var recast [8]int32 // escapes: as an unsafe pointer
	global = (*node)(unsafe.Pointer(&recast))
	var counted node // escapes: as a number
	address = uintptr(unsafe.Pointer(&counted))
	var sliced [4]int32 // escapes: sliced
	numbers = sliced[:]
	var behind [4]int32 // escapes: the array behind a slice
	four = (*[4]int32)(behind[:])
	var element [4]int32 // escapes: an element's address
	number = &element[n&3]
	var loaded node // escapes: loaded from a variable that stays
	var h holder    // stays
	at := &h
	at.p = &loaded
	global = h.p
	var lone int32 // escapes: as a slice
	numbers = unsafe.Slice(&lone, 1)
	var inArray node // escapes: in an array that is copied whole
	both := [2]*node{&inArray, nil}
	pair = both
	return n + either(n) + rounds(n) + again(n) + second(n)
}

func couple(p *node) (*node, int32) { return p, 1 }
func array(p *node) [2]*node        { return [2]*node{p, p} }
func hold(p *node) holder           { return holder{"held", nil, p} }

func either(n int32) int32 {
	var low node  // escapes: one of two
	var high node // escapes: the other
	p := &low
	if n > 3 {
		p = &high
	}
	global = p
	return low.v[0] + high.v[1]
}

func second(n int32) int32 {
	var kept node // stays: the results come back to this frame
	var back node // stays
	a, b := twice(&kept, &back)
	return a.v[0] + b.v[n&3]
}

func twice(p, q *node) (*node, *node) { return q, p }

// rounds keeps an address from one round to the next in a variable outside.
func rounds(n int32) int32 {
	var box holder // stays
	t := int32(0)
	for i := range n {
		var x node // escapes: the next round sees it in box
		x.v[0] = i
		if box.p != nil {
			t += box.p.v[0]
		}
		box.p = &x
	}
	return t
}

// again's loop is one block, which is its own predecessor.
func again(n int32) int32 {
	first := global
	for {
		var x node // escapes: the next round has its address
		x.next = first
		first = &x
		n--
		if n < 0 {
			break
		}
	}
	return first.v[0]
}

// Package main has functions whose checks the optimiser can remove, and ones
// where it may not. The comment above each says how many it has to keep.
package main

type point struct {
	x, y int32
	next *point
}

var (
	table  [16]int32
	points [8]point
	words  = []int32{1, 2, 3}
	text   = "some text"
	sink   int32
)

// keeps 0
//
//go:wasmexport loop
func loop() int32 {
	t := int32(0)
	for i := 0; i < len(words); i++ {
		t += words[i]
	}
	return t
}

// keeps 0
//
//go:wasmexport ranges
func ranges() int32 {
	t := int32(0)
	for i := range words {
		t += words[i]
	}
	for i := range table {
		t += table[i]
	}
	return t
}

// keeps 0
//
//go:wasmexport masked
func masked(n int32) int32 { return table[n&15] + table[uint32(n)%16] + table[uint32(n)>>28] }

// keeps 1
//
//go:wasmexport maskedTooWide
func maskedTooWide(n int32) int32 { return table[n&31] }

// keeps 1
//
//go:wasmexport afterEmpty
func afterEmpty(n int32) int32 {
	s := text[:n&7] // the one check
	if len(s) == 0 {
		return 0
	}
	return int32(s[0]) + int32(s[len(s)-1])
}

// keeps 1
//
//go:wasmexport twice
func twice(n int32) int32 { return table[n] + table[n]*3 }

// keeps 0
//
//go:wasmexport guarded
func guarded(n int32) int32 {
	if uint32(n) < uint32(len(text)) {
		return int32(text[n])
	}
	if n < 0 || int(n) >= len(words) {
		return -1
	}
	return words[n]
}

// keeps 1
//
//go:wasmexport guardedAbove
func guardedAbove(n int32) int32 {
	if int(n) < len(words) { // may be negative
		return words[n]
	}
	return 0
}

// keeps 0
//
//go:wasmexport fits
func fits(p, n int32) int32 {
	s := text
	if p < 0 || n < 0 || int(p) > len(s) || int(n) > len(s)-int(p) {
		return 0
	}
	return int32(len(s[p : p+n]))
}

// keeps 1
//
//go:wasmexport wraps
func wraps(p, n int32) int32 {
	s := text
	if p < 0 || n < 0 || int(p+n) > len(s) { // the sum may wrap around
		return 0
	}
	return int32(len(s[p : p+n]))
}

// keeps 0
//
//go:wasmexport pointers
func pointers(n int32) int32 {
	p := &points[n&7]
	move(p)
	return p.x + p.y
}

//go:noinline
func move(p *point) {
	if p.x > 100 {
		move(p)
	}
	p.x++
	p.y--
}

// keeps 1
//
//go:wasmexport chain
func chain(n int32) int32 {
	p := points[n&7].next
	p.x = n // the one check
	return p.x + p.y
}

// keeps 1
//
//go:wasmexport downwards
func downwards(n int32) int32 {
	t := int32(0)
	for i := n; i >= 0; i-- {
		t += table[i]
	}
	return t
}

// keeps 1
//
//go:wasmexport steps
func steps(n int32) int32 {
	t := int32(0)
	for i := n; i < 16; i += 3 { // may begin below 0
		t += table[i]
	}
	return t
}

func main() {}

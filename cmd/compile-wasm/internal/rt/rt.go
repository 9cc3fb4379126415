package rt

import (
	"unicode/utf8"
	"unsafe"
)

// The compiler writes these: the module's memory, its heap's top, and the
// address from which on all memory is still zero.

func pointer(addr uint32) unsafe.Pointer { panic("written by the compiler") }
func memorySize() uint32                 { panic("written by the compiler") }
func memoryGrow(pages uint32) uint32     { panic("written by the compiler") }
func heap() uint32                       { panic("written by the compiler") }
func setHeap(addr uint32)                { panic("written by the compiler") }
func high() uint32                       { panic("written by the compiler") }
func setHigh(addr uint32)                { panic("written by the compiler") }

// Alloc gives n zeroed bytes. Memory is only given back all at once, between
// calls; what was given back is cleared when it is taken again.
func Alloc(n uint32) unsafe.Pointer {
	p := (heap() + 7) &^ 7
	end := p + n
	if end < p {
		panic("out of memory")
	}
	if size := memorySize() << 16; end > size {
		growMemory((end - size + 0xffff) >> 16)
	}
	if h := high(); p < h {
		clear(unsafe.Slice((*byte)(pointer(p)), int(min(end, h)-p)))
	}
	if end > high() {
		setHigh(end)
	}
	setHeap(end)
	return pointer(p)
}

// growMemory asks for a quarter of the memory at once, to ask seldom, and else
// for what is needed.
func growMemory(pages uint32) {
	const failed = 1<<32 - 1
	if more := memorySize() / 4; more > pages && memoryGrow(more) != failed {
		return
	}
	if memoryGrow(pages) == failed {
		panic("out of memory")
	}
}

// memequal compares n bytes, by overlapping words.
func memequal(p, q unsafe.Pointer, n int) bool {
	if p == q {
		return true
	}
	if n >= 8 {
		for ; n > 8; n -= 8 {
			if *(*uint64)(p) != *(*uint64)(q) {
				return false
			}
			p, q = unsafe.Add(p, 8), unsafe.Add(q, 8)
		}
		return *(*uint64)(unsafe.Add(p, n-8)) == *(*uint64)(unsafe.Add(q, n-8))
	}
	if n >= 4 {
		return *(*uint32)(p) == *(*uint32)(q) && *(*uint32)(unsafe.Add(p, n-4)) == *(*uint32)(unsafe.Add(q, n-4))
	}
	for i := 0; i < n; i++ {
		if *(*uint8)(unsafe.Add(p, i)) != *(*uint8)(unsafe.Add(q, i)) {
			return false
		}
	}
	return true
}

func strEqual(a, b string) bool {
	return len(a) == len(b) && memequal(unsafe.Pointer(unsafe.StringData(a)), unsafe.Pointer(unsafe.StringData(b)), len(a))
}

// strCompare is negative, zero or positive.
func strCompare(a, b string) int {
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

func strConcat(a, b string) string {
	n := len(a) + len(b)
	if n < 0 {
		panic("string concatenation too long")
	}
	p := (*byte)(Alloc(uint32(n)))
	s := unsafe.Slice(p, n)
	copy(s, a)
	copy(s[len(a):], b)
	return unsafe.String(p, n)
}

func strFromBytes(b []byte) string {
	p := (*byte)(Alloc(uint32(len(b))))
	copy(unsafe.Slice(p, len(b)), b)
	return unsafe.String(p, len(b))
}

func bytesFromStr(s string) []byte {
	b := unsafe.Slice((*byte)(Alloc(uint32(len(s)))), len(s))
	copy(b, s)
	return b
}

func makeSlice(n, capacity, size int) unsafe.Pointer {
	if n < 0 || capacity < n || size > 0 && capacity > (1<<31-1)/size {
		panic("makeslice: out of range")
	}
	return Alloc(uint32(capacity * size))
}

// grow makes room for add more elements behind the n that the slice has.
func grow(p unsafe.Pointer, n, capacity, add, size int) (unsafe.Pointer, int, int) {
	want := n + add
	if want < 0 {
		panic("append: out of range")
	}
	if want <= capacity {
		return p, want, capacity
	}
	more := max(want, 4)
	if capacity < 1<<30 && 2*capacity > more {
		more = 2 * capacity
	}
	q := makeSlice(more, more, size)
	copy(unsafe.Slice((*byte)(q), n*size), unsafe.Slice((*byte)(p), n*size))
	return q, want, more
}

// nextRune is the rune at s[i:] and where the next one begins; past the end it
// is nothing in particular.
func nextRune(s string, i int) (rune, int) {
	if i >= len(s) {
		return 0, i
	}
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), i + 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return r, i + n
}

func runeStr(r rune) string {
	var b [4]byte
	n := utf8.EncodeRune(b[:], r)
	return strFromBytes(b[:n])
}

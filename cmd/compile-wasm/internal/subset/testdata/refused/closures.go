package main

//go:wasmexport closures
func closures(n int32) int32 {
	add := func(x int32) int32 { return x + n }
	return add(n) + func() int32 { return n * 2 }()
}

//go:wasmexport iterators
func iterators(n int32) int32 {
	for x := range count(n) {
		n += x
	}
	return n
}

func count(n int32) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

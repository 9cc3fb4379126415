package zero

// Value may be worked out by the compiler.
var Value = one(1)

func one(n int32) int32 {
	const more = 1 // gc drops the declaration, and may work out the rest
	return n*3 + more
}

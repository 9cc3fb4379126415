package zero

// Value may be worked out by the compiler.
var Value = one(1)

func one(n int32) int32 { return n*3 + 1 }

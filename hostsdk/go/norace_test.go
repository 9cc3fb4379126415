//go:build !race

package gonfalon

// raced says that the race detector is on.
const raced = false

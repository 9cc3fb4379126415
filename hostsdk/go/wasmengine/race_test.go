//go:build race

package wasmengine

// raced says that the race detector is on.
const raced = true

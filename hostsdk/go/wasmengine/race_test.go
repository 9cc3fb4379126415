//go:build race

package wasmengine

// raced says that the race detector is on, under which pools give things up at random.
const raced = true

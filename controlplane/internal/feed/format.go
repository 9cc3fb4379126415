package feed

import "github.com/gonfalon-flags/gonfalon/engine/snapshot"

// Format is a form of snapshots, as this build writes it.
type Format struct {
	Number   int // as hosts name the formats that they read
	Assemble func(snapshot.Header, []snapshot.Record) ([]byte, error)
	Delta    func(base, next []byte) ([]byte, error)
	ID       func(snapshot []byte) [32]byte
}

// Formats are the formats that a build writes, oldest first: the newest and the one before, so that hosts and control
// planes may be upgraded in any order. A host that names none reads the oldest.
type Formats []Format

// BuiltIn returns the formats that this build writes.
func BuiltIn() Formats {
	return Formats{{Number: snapshot.Format, Assemble: snapshot.Assemble, Delta: snapshot.Delta, ID: snapshot.ID}}
}

// Numbers returns the formats' numbers, oldest first.
func (f Formats) Numbers() []int {
	numbers := make([]int, len(f))
	for i := range f {
		numbers[i] = f[i].Number
	}
	return numbers
}

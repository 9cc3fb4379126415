package model

import (
	"crypto/rand"
	"encoding/hex"
	chance "math/rand/v2"
	"time"
)

// Random returns n random bytes.
func Random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// RandomName returns a name that is not in use anywhere.
func RandomName() string { return hex.EncodeToString(Random(8)) }

// Jitter returns a duration between half of d and one and a half of d.
func Jitter(d time.Duration) time.Duration { return d/2 + chance.N(d) }

// Package journal notes the order in which packages are initialised.
package journal

// Digest is of all notes so far.
var Digest uint64 = 14695981039346656037

// Note adds n to the journal.
func Note(n uint64) uint64 {
	Digest = (Digest ^ n) * 1099511628211
	return n
}

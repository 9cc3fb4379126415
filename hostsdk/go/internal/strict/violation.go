// Package strict has what a strict test panics with. A client lets no other panic of a hook out of a decision.
package strict

// Violation says which flag a test asks for without having set it.
type Violation string

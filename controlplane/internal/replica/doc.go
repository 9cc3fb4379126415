// Package replica follows a store and writes to it.
//
// A [Replica] holds what it knows as an immutable [View], one atomic pointer for all environments; each transaction of
// the store makes the next view. [Replica.Write] makes a change: one transaction guarded by the environment's head, or
// first the parts that are too large for one. [Replica.Sweep] removes what nothing names any more.
package replica

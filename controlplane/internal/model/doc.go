// Package model holds an environment at one revision, and changes of it, as immutable values. It is pure: it reads no
// store, waits for nothing, and its tests need no service.
//
// A [State] has a [Head] and records, each a [Record]. A [Draft] is built on a state and checked against it. The function
// compare turns two records into a change, and undo a change into the record before it. A [Past] winds a state back.
package model

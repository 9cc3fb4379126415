// Package model holds an environment at one revision, and changes of it, as immutable values. It is pure: it reads no
// store, waits for nothing, and its tests need no service.
//
// A [State] has a [Head] and [Record]s. A [Draft] is built on a state and checked against it; [Compare] and [Undo] turn
// two records into a change and a change into the record before it; a [Past] winds a state back.
package model

// Sqlitestore is a control plane over a store of its own making: one SQLite file. It is an example for those who bring
// a store, not a part of gonfalon serve; docs/bring-a-store.md explains it.
//
// # Model
//
// Each put and each delete of a key is a row with its revision, so the past can be read, and a watch reads the rows after a
// revision. Rows that only the distant past needs are swept; floor is the first revision that can still be read.
//
// # Promises
//
// It passes storetest. A transaction is on the disk before it is acknowledged.
//
// # Caveats
//
// A watch hears of transactions of its own process alone, so one process uses a file at a time. It has no quota.
package main

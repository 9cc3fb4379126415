// Package controlplane owns flags: it keeps them in a [Store], checks and records every change, and gives each host the
// snapshot to decide by. cmd/gonfalon serves it over HTTP; a Go program can as well open it in process.
//
//	service, err := controlplane.Open(ctx, controlplane.Config{Store: memstore.New()})
//	service.Enable(ctx, "default", "new_checkout", snapshot.ForGroup("staff"), controlplane.WriteOptions{By: "ada"})
//
// # Model
//
// An environment has flags, segments and settings, a lineage (random, new when it is created or restored) and a revision
// that rises by one with each change. Its head is one key of the store, and every write is one transaction guarded by it:
// the records, the audit entry and the new head become visible together, or the write is tried anew on what is there now.
//
// A replica follows the store's changes and holds the environments in memory as immutable states, one atomic pointer for
// all of them. From a state it assembles the snapshot, whose bytes are the same on every replica since the compiled records
// are stored with the documents. Replicas hold nothing that the store doesn't.
//
// What is too large for one transaction is put in place first and becomes visible by one transaction on the head: pieces of
// a large flag, named by their hash, so that a change of one gate writes a piece or two; a whole new generation of records
// for an import. Before that begins, the head notes it as a stage, and a sweep may only take away what no record names
// while the head has no stage.
//
// # Promises
//
//   - An acknowledged write is in the store, and in this replica's snapshot.
//   - Admin reads are linearizable. [Service.Snapshot], [Service.Watch] and [Service.Authenticate] read memory only, never
//     go back, and go on working while the store doesn't.
//   - A write is refused only for problems that it introduces. What was there before is a warning, and fails closed.
//   - An audit entry holds the change itself, from which any revision within the retention can be rebuilt, and audit times
//     never go back.
//   - Within a lineage revisions only rise. An environment that is deleted and made again goes on counting, in a new lineage.
//
// # Caveats
//
// A revision is an environment's own, not the store's. Usage counts are merged about once a minute: a replica that dies
// takes the last minute's with it. Webhooks are delivered at least once, in order, for each environment.
package controlplane

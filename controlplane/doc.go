// Package controlplane owns flags: it keeps them in a [store.Store], checks and audits every change, and gives each
// host the snapshot to decide by. cmd/gonfalon serves it over HTTP; a Go program can also embed it.
//
//	service, err := controlplane.Open(ctx, controlplane.Config{Store: memstore.New()})
//	service.Enable(ctx, "default", "new_checkout", flagset.ForGroup("staff"), controlplane.WriteOptions{By: "ada"})
//
// What it takes and returns are the documents of package api. The [Service] is what an operator may do; below it, each
// package has one task: internal/stored says how things lie in a store, internal/model is a state and its changes,
// internal/feed what hosts are shown, internal/foresight what a change would do, internal/replica follows a store and
// writes to it, internal/webhooks delivers, internal/check walks.
//
// # Model
//
// An environment has flags, segments and settings. It has a lineage, which is random and new when the environment is
// created or restored, and a revision, which rises by one with each change. Its head is one key in the store, and every
// write is one transaction guarded by that key. The records, the audit entry and the new head become visible together;
// otherwise the write is retried against the current state.
//
// A replica follows the store's changes. It holds the environments in memory as immutable states behind one atomic
// pointer. From a state it assembles the snapshot, whose bytes are the same on every replica, because the compiled
// records are stored with the documents. Replicas hold nothing that isn't in the store.
//
// A change that is too large for one transaction is staged first: its parts are stored, and one transaction on the head
// makes them visible. A large flag is stored in pieces named by their hash, so changing one gate writes only one or two
// pieces. An import stores a whole new generation of records. The head lists the stages under way, and a sweep removes
// parts that no record names only while there is no stage.
//
// # Promises
//
//   - An acknowledged write is in the store, and in this replica's snapshot.
//   - Admin reads are linearizable. [Service.Snapshot], [Service.Watch], [Service.Authenticate] and [Service.Session] only read
//     memory, never go back in time, and keep working while the store doesn't.
//   - Every call ends by a deadline. The store's silence is noticed within fifteen seconds, and is in [Service.Status].
//   - A session acts for its token. It ends at once on every replica when that is revoked, by [Service.EndSession], or when it
//     expires. Of several who spend one secret of a one-time address, one gets a session.
//   - A store with a quota keeps a reserve for kills and deletions.
//   - A host that has what the store never had, because it was restored from a file, gets the newest snapshot at once.
//   - A write is refused only for problems that it introduces. Problems that existed before are warnings, and fail closed.
//   - [Service.Index] lists every flag, and stays the same until the environment changes. [Service.Live] tells of each change
//     as it is made, and how many hosts serve it.
//   - An audit entry holds the change itself, with which token it was made and on whose behalf. From the audit, any revision
//     within the retention can be rebuilt. Audit times never go backwards.
//   - Within a lineage, revisions only rise, unless the store's files are replaced; a replica that notices it renews the
//     lineage. An environment that is deleted and created again continues to count, in a new lineage.
//   - A store can be walked: [Check] names each invariant that doesn't hold.
//
// # Caveats
//
// A revision belongs to an environment, not to the store. Usage counts are merged about once a minute, so a replica
// that dies loses those of the last minute. What another replica hears of hosts comes after a second or two, and a host that
// dies counts for two minutes and a half. Webhooks are delivered at least once, and in order within each environment.
package controlplane

// Package feed holds what hosts are shown: a [Snapshot] of each state, the [Frame] that brings a host from where it is
// to the newest snapshot, and the [Feeds] that publish them.
package feed

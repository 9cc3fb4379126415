// Package shards cuts long checks into parts that can be stopped, resumed and
// run on several machines.
//
// A check is a list of items. SHARD=2/8 takes every eighth, from the second on.
// What an item found goes to a log at once, so that a run that is stopped loses
// no more than the item at hand, and the next run goes on behind it.
//
// A log is of one state of the sources that the check speaks of: it is named by
// their hash in git, and a tree with changes in them that aren't committed has
// none. Logs are kept in .cache at the top of the repository; those of several
// machines can be concatenated.
package shards

package io.github.gonfalonflags;

/**
 * Decisions about flags for which nothing but the actor matters, so that asking again takes no hashing. It holds a bounded number, and
 * ends with the snapshot. Threads read and write it without a lock: an entry never changes, and one that is lost is made again.
 */
final class Memo {
    private static final int ENTRIES = 1 << 12; // 4,096 take some 300 KB
    private static final int LONGEST = 256; // characters of an actor: longer ones would make it many times that

    private final Entry[] entries = new Entry[ENTRIES];

    /** Returns the packed decision; {@link Needs#UNDECIDED} if it isn't remembered. */
    int get(Needs flag, String actor) {
        Entry entry = entries[place(flag, actor)];
        return entry != null && entry.flag == flag && entry.actor.equals(actor) ? entry.packed : Needs.UNDECIDED;
    }

    void put(Needs flag, String actor, int packed) {
        if (actor.length() > LONGEST) {
            return;
        }
        entries[place(flag, actor)] = new Entry(flag, actor, packed);
    }

    private static int place(Needs flag, String actor) {
        int hash = (actor.hashCode() ^ flag.number * 0x9e3779b9) * 0x85ebca6b;
        return hash >>> 20;
    }

    private static final class Entry {
        final Needs flag;
        final String actor;
        final int packed;

        Entry(Needs flag, String actor, int packed) {
            this.flag = flag;
            this.actor = actor;
            this.packed = packed;
        }
    }
}

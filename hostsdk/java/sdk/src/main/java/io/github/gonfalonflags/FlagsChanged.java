package io.github.gonfalonflags;

import java.util.Set;

/** Another snapshot serves, or a schedule has opened or closed. */
public final class FlagsChanged implements Event {
    private final Set<String> flags;
    private final long revision;
    private final String lineage;

    FlagsChanged(Set<String> flags, SnapshotInfo info) {
        this.flags = flags;
        this.revision = info.revision();
        this.lineage = info.lineage();
    }

    /**
     * Returns the keys, ascending, of every flag whose decision can differ now, also by a segment, a setting or a flag that it
     * requires.
     */
    public Set<String> flags() {
        return flags;
    }

    /** Returns the revision that serves. */
    public long revision() {
        return revision;
    }

    /** Returns the lineage that serves. */
    public String lineage() {
        return lineage;
    }

    @Override
    public String toString() {
        return "revision " + revision + " changed " + flags;
    }
}

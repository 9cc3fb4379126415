package io.github.gonfalonflags;

/** What a snapshot says about itself. Id and lineage are lower-case hexadecimal digits. */
public final class SnapshotInfo {
    private final String environment;
    private final String id;
    private final String lineage;
    private final long revision;
    private final int flags;
    private final int segments;
    private final int unreadable;

    SnapshotInfo(String environment, String id, String lineage, long revision, int flags, int segments, int unreadable) {
        this.environment = environment;
        this.id = id;
        this.lineage = lineage;
        this.revision = revision;
        this.flags = flags;
        this.segments = segments;
        this.unreadable = unreadable;
    }

    /** Returns the environment's key. */
    public String environment() {
        return environment;
    }

    /** Returns the content id, which is the SHA-256 of the bytes. */
    public String id() {
        return id;
    }

    /** Returns the lineage: the history that the revisions count. */
    public String lineage() {
        return lineage;
    }

    /** Returns the revision. */
    public long revision() {
        return revision;
    }

    /** Returns the number of flags. */
    public int flags() {
        return flags;
    }

    /** Returns the number of segments. */
    public int segments() {
        return segments;
    }

    /** Returns how many flags and segments a newer build wrote in a form that the engine can't read; such a flag is off. */
    public int unreadable() {
        return unreadable;
    }

    /** Returns lineage, revision and content id, as a server knows the snapshot. */
    public String position() {
        return lineage + "-" + revision + "-" + id;
    }

    @Override
    public String toString() {
        return environment + " " + position() + " (" + flags + " flags)";
    }
}

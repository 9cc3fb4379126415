package io.github.gonfalonflags;

import java.time.Duration;
import java.util.Optional;

/** A client's figures, for metrics. */
public final class Stats {
    private final State state;
    private final SnapshotInfo info;
    private final Duration age;
    private final long taken;
    private final long refused;
    private final long broken;
    private final long unknown;
    private final long unreadable;
    private final long traps;
    private final long lost;
    private final String lastError;

    Stats(Store store, Status status) {
        Engine engine = store.engine();
        state = status.state();
        info = engine == null ? null : engine.info();
        age = status.age().orElse(null);
        taken = store.taken.sum();
        refused = store.refused.sum();
        broken = store.broken.sum();
        unknown = store.mistakes.unknown.sum();
        unreadable = store.mistakes.unreadable.sum();
        traps = store.traps.sum();
        lost = status.losses.sum();
        lastError = status.error();
    }

    /** Returns what the answers rest on. */
    public State state() {
        return state;
    }

    /** Returns the snapshot that serves; empty before the first. */
    public Optional<SnapshotInfo> info() {
        return Optional.ofNullable(info);
    }

    /** Returns the time since the source last confirmed it; empty before it did. */
    public Optional<Duration> age() {
        return Optional.ofNullable(age);
    }

    /** Returns how many snapshots were taken from the source. */
    public long taken() {
        return taken;
    }

    /** Returns how many frames changed nothing. */
    public long refused() {
        return refused;
    }

    /** Returns how many decisions the engine failed to make, whose callers got their defaults. */
    public long broken() {
        return broken;
    }

    /** Returns how many decisions were about unknown flags. */
    public long unknown() {
        return unknown;
    }

    /** Returns how many decisions had a context with something that can't be read. */
    public long unreadable() {
        return unreadable;
    }

    /** Returns how often the module stopped in the middle of a call and was rebuilt. */
    public long traps() {
        return traps;
    }

    /** Returns how many connections of the source ended. */
    public long lost() {
        return lost;
    }

    /** Returns what is wrong with the source, for people; empty once it is well again. */
    public Optional<String> lastError() {
        return Optional.ofNullable(lastError);
    }

    @Override
    public String toString() {
        return state + ", " + info + ", taken " + taken + ", refused " + refused + ", broken " + broken + ", unknown " + unknown
                + ", unreadable " + unreadable + ", traps " + traps + ", lost " + lost
                + (lastError == null ? "" : ": " + lastError);
    }
}

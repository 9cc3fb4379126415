package io.github.gonfalonflags;

import java.util.List;
import java.util.Map;

/**
 * A snapshot that decides. Each question takes who asks: an actor, or a {@link Context} in its place. It throws what keeps it
 * from deciding; {@link Flags} turns that into the caller's default.
 */
interface Engine {
    /** Returns the bytes that were loaded. */
    byte[] data();

    SnapshotInfo info();

    /** Returns the packed decision of one flag: the quickest question. */
    int evaluate(String key, Object who);

    Decision decide(String key, Object who);

    /** Returns the decisions of these flags, in their order; null: of all flags. */
    List<Decision> decideAll(List<String> keys, Object who);

    Explanation explain(String key, Object who);

    /** Returns the keys of all flags, ascending. */
    List<String> keys();

    /** Reports whether a payload of the flag is a number with a fraction, so that all its numbers are floats to OpenFeature. */
    boolean isFractional(String key);

    /** Returns what was counted since the last time. */
    Map<String, Usage> takeUsage();
}

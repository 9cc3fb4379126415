package io.github.gonfalonflags;

/** Why a decision is what it is. */
public enum Reason {
    UNKNOWN_FLAG,
    DEFAULT,
    STATIC,
    TARGETING_MATCH,
    SPLIT,
    KILLED,
    PREREQUISITE,
    /** No snapshot could decide: nothing is loaded, the context can't be read, or the engine failed. */
    NOT_READY,
    /** A newer engine's reason, for which this version has no name. */
    NEWER;

    private static final Reason[] ALL = values();

    static Reason of(int number) {
        return ALL[Math.min(number, NEWER.ordinal())];
    }
}

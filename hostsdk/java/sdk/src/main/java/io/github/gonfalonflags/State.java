package io.github.gonfalonflags;

/** What a client's answers rest on. */
public enum State {
    /** Nothing has been loaded yet: questions give the caller's default. */
    NOT_READY,
    /** A snapshot serves, and the source confirms it. */
    READY,
    /** A snapshot serves, but the source is unreachable, or hasn't answered yet. */
    STALE,
    /** Nothing is loaded, and the source refuses. */
    ERROR
}

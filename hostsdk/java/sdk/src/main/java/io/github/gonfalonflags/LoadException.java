package io.github.gonfalonflags;

/** Bytes that are no snapshot, or a delta that doesn't apply. */
public final class LoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final int TOO_LARGE = 1;

    // Of engine/code.go.
    static final String[] SENTENCES = {
        "ok",
        "longer than a snapshot may be",
        "not a gonfalon snapshot",
        "a snapshot format that this engine doesn't read",
        "the content id doesn't match the bytes: they are truncated or altered",
        "malformed",
        "the records don't add up to the header's counts",
        "past a limit",
        "the keys don't ascend, or one occurs twice",
        "an index or a state is out of range",
        "there are bytes after the end",
        "the delta is for another snapshot",
        "the delta deletes a key that isn't there",
        "the buffer is too small",
        "too many keys collide",
    };

    private final int code;
    private final long offset;

    LoadException(int code, long offset) {
        super((code >= 0 && code < SENTENCES.length ? SENTENCES[code] : "refused")
                + " (code " + code + ") at byte " + offset);
        this.code = code;
        this.offset = offset;
    }

    /** Returns the engine's code, as wasm/ABI.md lists them. */
    public int code() {
        return code;
    }

    /** Returns where in the bytes the fault is, counted from 0. */
    public long offset() {
        return offset;
    }
}

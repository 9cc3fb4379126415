package io.github.gonfalonflags;

import java.io.IOException;
import java.time.Duration;

/** The server answered, but not with what was asked for. */
final class WireException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status; // HTTP's; 0 if it isn't about one
    private final transient Duration retryAfter; // null: the server didn't say
    private final boolean unreadable;

    private WireException(String message, int status, Duration retryAfter, boolean unreadable) {
        super(message);
        this.status = status;
        this.retryAfter = retryAfter;
        this.unreadable = unreadable;
    }

    WireException(String message) {
        this(message, 0, null, false);
    }

    WireException(String message, int status, Duration retryAfter) {
        this(message, status, retryAfter, false);
    }

    /** The server sends what can't be read. */
    static WireException unreadable(String message) {
        return new WireException(message, 0, null, true);
    }

    int status() {
        return status;
    }

    Duration retryAfter() {
        return retryAfter;
    }

    /** Reports whether the token or the environment is at fault. It is tried again, but rarely. */
    boolean isRefusal() {
        return status == 401 || status == 403 || status == 404;
    }

    /** Reports whether the server means it: asking again at once would have the same answer. */
    boolean isFinal() {
        return unreadable || status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
    }
}

package io.github.gonfalonflags;

/** A context that can't be read. The message says what is wrong with it. */
public final class ContextException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ContextException(String message) {
        super(message);
    }
}

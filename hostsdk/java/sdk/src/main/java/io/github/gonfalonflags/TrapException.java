package io.github.gonfalonflags;

/** The module stopped in the middle of a call. Its instance can't be used any more. */
final class TrapException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TrapException(Throwable cause) {
        super(String.valueOf(cause), cause);
    }
}

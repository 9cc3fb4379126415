package io.github.gonfalonflags;

/** A frame that changes nothing; the old snapshot goes on serving. */
final class FrameException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FrameException(String message) {
        super(message);
    }
}

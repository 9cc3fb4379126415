package io.github.gonfalonflags;

/** Something that is told of what happens, until it is closed. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /** Ends it. */
    @Override
    void close();
}

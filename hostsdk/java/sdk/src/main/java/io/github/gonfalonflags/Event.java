package io.github.gonfalonflags;

/** What a client tells its listeners: a {@link StateChanged} or a {@link FlagsChanged}. */
public interface Event {}

package io.github.gonfalonflags;

/** Something that knows its id, such as a user. If it knows its groups too, it is also a {@link Member}. */
@FunctionalInterface
public interface Actor {
    /**
     * Returns the id: a String, an integer of any size, a UUID, or another actor. Null is an actor without an id, of whom only
     * the groups count.
     */
    Object actorId();
}

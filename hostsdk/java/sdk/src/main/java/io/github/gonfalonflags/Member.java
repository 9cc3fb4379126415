package io.github.gonfalonflags;

/** Something that knows its groups. It is asked only about those that the flag, or a prerequisite, names. */
@FunctionalInterface
public interface Member {
    /** Reports, at once, whether it is in the group of this name. */
    boolean inGroup(String name);
}

package io.github.gonfalonflags;

import java.util.Locale;

/** A kind of gate. {@code toString()} is its name in every language, such as {@code percentage_of_actors}. */
public enum Gate {
    /** No gate decided; its name is empty. */
    NONE,
    BOOLEAN,
    ACTOR,
    GROUP,
    RULE,
    SEGMENT,
    SCHEDULE,
    PERCENTAGE_OF_ACTORS,
    PERCENTAGE_OF_TIME,
    PREREQUISITE,
    KILL,
    /** A newer engine's gate, for which this version has no name. */
    NEWER;

    private static final Gate[] ALL = values();

    private final String text = ordinal() == 0 ? "" : name().toLowerCase(Locale.ROOT);

    static Gate of(int number) {
        return ALL[Math.min(number, NEWER.ordinal())];
    }

    @Override
    public String toString() {
        return text;
    }
}

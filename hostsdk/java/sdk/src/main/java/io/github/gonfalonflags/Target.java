package io.github.gonfalonflags;

import java.util.function.Consumer;

/** Whom a change of a flag in a test is about. */
public final class Target {
    private final Consumer<FlagForTest> enable;
    private final Consumer<FlagForTest> disable; // null: there is nothing to turn off

    private Target(Consumer<FlagForTest> enable, Consumer<FlagForTest> disable) {
        this.enable = enable;
        this.disable = disable;
    }

    static Target everyone() {
        return new Target(flag -> flag.on = true, flag -> flag.on = false);
    }

    /** Returns the target of one actor, by its id. */
    public static Target forActor(String id) {
        return new Target(flag -> flag.actors.put(id, true), flag -> flag.actors.put(id, false));
    }

    /** Returns the target of a group. */
    public static Target forGroup(String name) {
        return new Target(flag -> flag.groups.put(name, true), flag -> flag.groups.put(name, false));
    }

    /** Returns the target of a share of actors, between 0 and 1. */
    public static Target forPercentageOfActors(double ratio) {
        return new Target(flag -> flag.share(ratio, null), null);
    }

    /** Returns the target of a share of the time, between 0 and 1. */
    public static Target forPercentageOfTime(double ratio) {
        return new Target(flag -> flag.share(null, ratio), null);
    }

    /** Returns the target that makes a flag need another one: on if the flag is enabled so, off if it is disabled so. */
    public static Target requires(String key) {
        return new Target(flag -> flag.requires.put(key, true), flag -> flag.requires.put(key, false));
    }

    void enable(FlagForTest flag) {
        enable.accept(flag);
    }

    void disable(FlagForTest flag) {
        if (disable == null) {
            throw new IllegalArgumentException("a percentage can't be turned off; clear the flag");
        }
        disable.accept(flag);
    }
}

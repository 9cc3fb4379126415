package io.github.gonfalonflags;

import java.util.Objects;
import java.util.OptionalDouble;

/** The answer about one flag for one context. */
public final class Decision {
    static final int ENABLED = 1;
    static final int REASON = 15 << 1;
    static final int NOT_READY = Reason.NOT_READY.ordinal() << 1;
    static final int SCORES = 65536;
    static final int HAS_VARIANT = 1 << 26;
    static final int HAS_TARGET = 1 << 27;
    static final int HAS_VARIANT_GATE = 1 << 28;
    static final int IS_FIXED = 1 << 29;
    static final int EXHAUSTED = 1 << 30;

    private final String key;
    private final int packed;
    private final Served served;
    private final String target;
    private final long revision;
    private final Throwable error;

    Decision(String key, int packed, Served served, String target, long revision, Throwable error) {
        this.key = key;
        this.packed = packed;
        this.served = served;
        this.target = target;
        this.revision = revision;
        this.error = error;
    }

    /** Returns the decision where nothing is loaded. */
    static Decision notReady(String key) {
        return new Decision(key, NOT_READY, null, null, 0, null);
    }

    /** A variant that was served: its name, and its payload as canonical JSON, empty if it has none. */
    static final class Served {
        final String name;
        final String payload;

        Served(String name, String payload) {
            this.name = name;
            this.payload = payload;
        }
    }

    /** Returns the flag's key. */
    public String key() {
        return key;
    }

    /** Reports what the gates said. It is false while nothing is known. */
    public boolean enabled() {
        return (packed & ENABLED) != 0;
    }

    /** Returns why the decision is what it is. */
    public Reason reason() {
        return Reason.of(packed >> 1 & 15);
    }

    /** Returns the kind of gate that decided; {@link Gate#NONE} if none did. */
    public Gate gate() {
        return Gate.of(packed >> 5 & 15);
    }

    /** Returns the deciding gate's target: a group, a segment, a parent flag or an actor; null if it has none. */
    public String target() {
        return target;
    }

    /** Returns the gate that decided, with its target after a slash, such as {@code group/staff}; empty if none did. */
    public String path() {
        return target == null || target.isEmpty() ? gate().toString() : gate() + "/" + target;
    }

    /** Returns the name of the variant that was served; null if none was. A disabled flag's actors are served one, too. */
    public String variant() {
        return served == null ? null : served.name;
    }

    /** Reports whether the variant that was served has a payload. */
    public boolean hasPayload() {
        return served != null && !served.payload.isEmpty();
    }

    /** Returns the served variant's payload: Boolean, String, Long, Double or Map, new on each call; null without one. */
    public Object payload() {
        return hasPayload() ? Payload.read(served.payload) : null;
    }

    /** Reports whether the flag has a variant gate, served or not. */
    public boolean hasVariants() {
        return (packed & HAS_VARIANT_GATE) != 0;
    }

    /** Reports whether the flag's comparisons took too many steps over the context, so that it is off. */
    public boolean exhausted() {
        return (packed & EXHAUSTED) != 0;
    }

    /** Returns the actor's place in [0, 1) for this flag, which percentages and variants go by; empty if it wasn't needed. */
    public OptionalDouble score() {
        int score = packed >> 9 & 0x1ffff;
        return score == 0 ? OptionalDouble.empty() : OptionalDouble.of((score - 1) / (double) SCORES);
    }

    /** Reports whether the flag is killed: off, whatever its gates say. */
    public boolean killed() {
        return (packed & REASON) == Reason.KILLED.ordinal() << 1;
    }

    /** Reports whether a snapshot decided, and has the flag. */
    public boolean known() {
        int reason = packed & REASON;
        return reason != 0 && reason != NOT_READY;
    }

    /** Returns the revision of the snapshot that decided, which counts from 1; 0 if there was none. */
    public long revision() {
        return revision;
    }

    /** Returns what kept the engine from deciding, such as a context that can't be read; null if nothing did. */
    public Throwable error() {
        return error;
    }

    /** Returns the decision as the module's ABI packs it. */
    public int packed() {
        return packed;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Decision)) {
            return false;
        }
        Decision that = (Decision) other;
        return packed == that.packed
                && revision == that.revision
                && Objects.equals(key, that.key)
                && Objects.equals(target, that.target)
                && Objects.equals(variant(), that.variant())
                && Objects.equals(served == null ? null : served.payload, that.served == null ? null : that.served.payload)
                && Objects.equals(error, that.error);
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, packed, revision, target);
    }

    @Override
    public String toString() {
        String path = path();
        return key + " " + (enabled() ? "on" : "off") + " " + reason() + (path.isEmpty() ? "" : " " + path)
                + (served == null ? "" : " variant " + served.name);
    }
}

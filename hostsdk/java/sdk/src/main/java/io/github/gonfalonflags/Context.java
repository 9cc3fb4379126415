package io.github.gonfalonflags;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who is asking: an actor, its groups, and attributes. A context never changes, and may be used for any number of decisions, by
 * any number of threads.
 *
 * <pre>{@code
 * Context user = Context.of("user:3").inGroups("staff").with("plan", "pro");
 * flags.enabled("new_checkout", user);
 * }</pre>
 *
 * <p>Making one reads what it is given, and never fails. hostsdk/README.md has the tables of what each value means.
 */
public final class Context {
    static final int MAX_GROUPS = 256; // of a request, by the module's ABI
    static final int MAX_ATTRIBUTES = 256; // likewise

    /** Stands for an attribute that is larger than a request may be: what looks at it can't be decided. */
    static final byte[] TOO_LARGE = {};

    private static final Context NOBODY = new Context();

    /** The actor's id; null for an actor without one, and for nobody. */
    final String actor;

    final boolean somebody;
    final List<String> groups;
    final Predicate<String> inGroup;
    final Map<String, byte[]> attributes; // as the request has them
    final ContextException noGroups; // why no decision can rest on the groups
    final ContextException noAttributes; // likewise
    final ContextException tooLarge; // why none can rest on those that are TOO_LARGE; null: there are none
    final Set<String> unreadable;
    final Long now;
    final Long roll;

    private Context() {
        this(new Draft());
    }

    private Context(Draft draft) {
        actor = draft.actor;
        somebody = draft.somebody;
        groups = draft.groups;
        inGroup = draft.inGroup;
        attributes = draft.attributes;
        noGroups = draft.noGroups;
        noAttributes = draft.noAttributes;
        tooLarge = draft.tooLarge;
        unreadable = draft.unreadable;
        now = draft.now;
        roll = draft.roll;
    }

    /** Returns the context of nobody. */
    public static Context nobody() {
        return NOBODY;
    }

    /**
     * Returns the context of an actor: a String, an integer of any size, any other number without a fraction, a UUID, an
     * {@link Actor}, or a {@link Member}. Null and anything else is nobody.
     */
    public static Context of(Object actor) {
        if (actor instanceof Context) {
            return (Context) actor;
        }
        Draft draft = new Draft();
        try {
            draft.actor(actor, 0);
        } catch (Throwable error) { // a number of the program's own
            draft.note(actor.getClass().getName() + " as the actor, which throws " + error.getClass().getName());
        }
        if (actor instanceof Member) {
            draft.inGroup = ((Member) actor)::inGroup;
        }
        return new Context(draft);
    }

    /** Returns this context with these groups. */
    public Context inGroups(String... names) {
        return inGroups((Object) names);
    }

    /**
     * Returns this context with these groups: an Iterable or an array of Strings, one String, or a {@link Member} or a
     * Predicate, which are asked "in this group?".
     */
    public Context inGroups(Object groups) {
        Draft draft = new Draft(this);
        try {
            draft.groups(groups);
        } catch (Throwable error) {
            draft.noGroups = unreadable("groups", error);
        }
        return new Context(draft);
    }

    /** Returns this context with an attribute: null, a boolean, a number, a String, a time, a UUID, a List, an array or a Map. */
    public Context with(String name, Object value) {
        return with(Collections.singletonMap(name, value));
    }

    /** Returns this context with these attributes. */
    public Context with(Map<?, ?> attributes) {
        Draft draft = new Draft(this);
        try {
            draft.attributes(attributes);
        } catch (Throwable error) {
            draft.noAttributes = unreadable("attributes", error);
        }
        return new Context(draft);
    }

    /** Returns this context at a time, which replays a decision. Without one the clock counts. */
    public Context at(Instant time) {
        return atMicros(time == null ? null : (Long) micros(time));
    }

    /** Returns this context at a time in Unix microseconds. */
    Context atMicros(Long time) {
        Draft draft = new Draft(this);
        draft.now = time;
        return new Context(draft);
    }

    /** Returns this context with 64 bits of chance, which replay a decision. Without them they are new for each decision. */
    public Context roll(long bits) {
        Draft draft = new Draft(this);
        draft.roll = bits;
        return new Context(draft);
    }

    static long micros(Instant time) {
        try {
            return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1000);
        } catch (ArithmeticException beyond) {
            return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    /** Returns what was left out, or counts as nobody, since it can't be read. */
    Set<String> unreadable() {
        return unreadable;
    }

    /** Returns the actor's id; null if there is none, or if something about the context has to be noted. */
    String plainActor() {
        return unreadable.isEmpty() ? actor : null;
    }

    /** Reports whether {@link #memberOf} depends on the groups that flags name. */
    boolean wantsNames() {
        return inGroup != null || groups.size() > MAX_GROUPS;
    }

    /** Returns the groups for a request about flags that name these. Throws ContextException if they can't be known. */
    List<String> memberOf(Set<String> named) {
        if (noGroups != null) {
            throw noGroups;
        }
        List<String> found = groups;
        if (inGroup != null) {
            found = new ArrayList<>(groups);
            try {
                for (String name : named) {
                    if (!groups.contains(name) && inGroup.test(name)) {
                        found.add(name);
                    }
                }
            } catch (Throwable error) {
                throw unreadable("groups", error);
            }
        }
        if (found.size() > MAX_GROUPS) {
            Set<String> wanted = new LinkedHashSet<>(found);
            wanted.retainAll(named);
            if (wanted.size() > MAX_GROUPS) {
                throw new ContextException(
                        "the flag names " + wanted.size() + " of the actor's groups, more than " + MAX_GROUPS);
            }
            return new ArrayList<>(wanted);
        }
        return found;
    }

    /** Reports whether there are more attributes than a request can have, or one that none can. */
    boolean tooMany() {
        return attributes.size() > MAX_ATTRIBUTES || tooLarge != null;
    }

    /**
     * Returns the attributes for a request about flags that look at these names; null: at all. Throws ContextException if they
     * can't be known, or are too many.
     */
    Map<String, byte[]> known(String[] names) {
        if (names != null && names.length == 0) {
            return Collections.emptyMap();
        }
        if (noAttributes != null) {
            throw noAttributes;
        }
        if (names != null && (attributes.size() > names.length || tooLarge != null)) {
            Map<String, byte[]> found = new HashMap<>();
            for (String name : names) {
                byte[] value = attributes.get(name);
                if (value == TOO_LARGE) {
                    throw tooLarge;
                }
                if (value != null) {
                    found.put(name, value);
                }
            }
            return found;
        }
        if (tooLarge != null) {
            throw tooLarge;
        }
        if (attributes.size() > MAX_ATTRIBUTES) {
            throw new ContextException("there are " + attributes.size() + " attributes, more than " + MAX_ATTRIBUTES);
        }
        return attributes;
    }

    /** Writes the actor as the request has it. Groups without an actor are those of an actor without an id. */
    void writeActor(Writer out) {
        if (actor != null) {
            out.text(actor);
        } else if (somebody || !groups.isEmpty() || inGroup != null || noGroups != null) {
            out.bool(false);
        } else {
            out.nil();
        }
    }

    private static ContextException unreadable(String part, Throwable error) {
        // What the program's own error says may be personal.
        return error instanceof ContextException
                ? (ContextException) error
                : new ContextException("reading the " + part + " throws " + error.getClass().getName());
    }

    @Override
    public String toString() {
        return "Context(" + (actor == null ? "no id" : actor) + ", groups " + groups + ", attributes "
                + attributes.keySet() + ")";
    }
}

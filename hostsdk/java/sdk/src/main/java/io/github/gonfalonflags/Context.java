package io.github.gonfalonflags;

import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
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
    private static final int MAX_LISTED = 100_000; // groups that are read: an endless iterator must end
    private static final int MAX_IDS = 4; // actors whose ids are actors, in one another

    private static final Context NOBODY = new Context();

    /** The actor's id; null for an actor without one, and for nobody. */
    final String actor;

    private final boolean somebody;
    private final List<String> groups;
    private final Predicate<String> inGroup;
    private final Map<String, byte[]> attributes; // as the request has them
    private final ContextException noGroups; // why no decision can rest on the groups
    private final ContextException noAttributes; // likewise
    private final Set<String> unreadable;
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
        unreadable = draft.unreadable;
        now = draft.now;
        roll = draft.roll;
    }

    /** Returns the context of nobody. */
    public static Context nobody() {
        return NOBODY;
    }

    /**
     * Returns the context of an actor: a String, an integer of any size, a floating-point number without a fraction, a UUID, an
     * {@link Actor}, or a {@link Member}. Null and anything else is nobody.
     */
    public static Context of(Object actor) {
        if (actor instanceof Context) {
            return (Context) actor;
        }
        Draft draft = new Draft();
        draft.actor(actor, 0);
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

    /** Reports whether there are more attributes than a request can have. */
    boolean tooMany() {
        return attributes.size() > MAX_ATTRIBUTES;
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
        if (names != null && attributes.size() > names.length) {
            Map<String, byte[]> found = new HashMap<>();
            for (String name : names) {
                byte[] value = attributes.get(name);
                if (value != null) {
                    found.put(name, value);
                }
            }
            return found;
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

    /** A context while it is made. */
    private static final class Draft {
        String actor;
        boolean somebody;
        List<String> groups = Collections.emptyList();
        Predicate<String> inGroup;
        Map<String, byte[]> attributes = Collections.emptyMap();
        ContextException noGroups;
        ContextException noAttributes;
        Set<String> unreadable = Collections.emptySet();
        Long now;
        Long roll;

        Draft() {}

        Draft(Context from) {
            actor = from.actor;
            somebody = from.somebody;
            groups = from.groups;
            inGroup = from.inGroup;
            attributes = from.attributes;
            noGroups = from.noGroups;
            noAttributes = from.noAttributes;
            unreadable = from.unreadable;
            now = from.now;
            roll = from.roll;
        }

        void actor(Object given, int depth) {
            if (given == null) {
                somebody = depth > 0;
            } else if (given instanceof String) {
                actor = Values.text((String) given);
            } else if (Values.isInteger(given)) {
                actor = given.toString();
            } else if (given instanceof BigInteger) {
                actor = digits((BigInteger) given);
            } else if (given instanceof UUID) {
                actor = given.toString();
            } else if (isWhole(given)) {
                actor = Long.toString((long) ((Number) given).doubleValue());
            } else if (given instanceof Actor && depth < MAX_IDS) {
                identified((Actor) given, depth);
            } else if (given instanceof Member) {
                somebody = true;
            } else {
                note(given.getClass().getTypeName() + " as the actor");
            }
        }

        private void identified(Actor given, int depth) {
            Object id;
            try {
                id = given.actorId();
            } catch (Throwable error) { // the program's own code, and a decision never fails
                note("the id of " + given.getClass().getName() + ", which throws " + error.getClass().getName());
                return;
            }
            actor(id, depth + 1);
        }

        private String digits(BigInteger given) {
            try {
                return Values.digits(given);
            } catch (IllegalArgumentException error) {
                note(error.getMessage() + ", as the actor");
                return null;
            }
        }

        private static boolean isWhole(Object given) {
            return (given instanceof Double || given instanceof Float)
                    && Values.isExact(((Number) given).doubleValue());
        }

        void groups(Object given) {
            noGroups = null;
            groups = Collections.emptyList();
            if (given instanceof String) {
                groups = Collections.singletonList(Values.text((String) given));
            } else if (given instanceof Object[]) {
                names(Arrays.asList((Object[]) given));
            } else if (given instanceof Iterable) {
                names((Iterable<?>) given);
            } else if (given instanceof Member) {
                inGroup = ((Member) given)::inGroup;
            } else if (given instanceof Predicate) {
                @SuppressWarnings("unchecked")
                Predicate<Object> asked = (Predicate<Object>) given;
                inGroup = asked::test;
            } else if (given != null) {
                note(given.getClass().getTypeName() + " as the groups");
            }
        }

        private void names(Iterable<?> given) {
            List<String> names = new ArrayList<>();
            int count = 0;
            for (Object name : given) {
                if (++count > MAX_LISTED) {
                    throw new ContextException("there are more than " + MAX_LISTED + " groups");
                }
                if (name instanceof String) {
                    names.add(Values.text((String) name));
                } else {
                    note(name == null ? "null as a group" : name.getClass().getTypeName() + " as a group");
                }
            }
            groups = names;
        }

        void attributes(Map<?, ?> given) {
            if (given == null) {
                return;
            }
            Map<String, byte[]> all = new HashMap<>(attributes);
            for (Map.Entry<?, ?> entry : given.entrySet()) {
                if (!(entry.getKey() instanceof String)) {
                    note("an attribute whose name is no String");
                    continue;
                }
                all.put(Values.text((String) entry.getKey()), encoded(entry.getValue()));
            }
            attributes = all;
        }

        private byte[] encoded(Object value) {
            try {
                return Values.encode(value);
            } catch (Throwable error) { // a list, a map or a number of the program's
                note("an attribute of " + value.getClass().getName() + ", which throws " + error.getClass().getName());
                return Values.encode(null);
            }
        }

        private void note(String wrong) {
            Set<String> all = new LinkedHashSet<>(unreadable);
            all.add(wrong);
            unreadable = all;
        }
    }
}

package io.github.gonfalonflags;

import java.math.BigDecimal;
import java.math.BigInteger;
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

/** A context while it is made. */
final class Draft {
    private static final int MAX_LISTED = 100_000; // groups, and attributes, that are read: an endless iterator must end
    private static final int MAX_NOTED = 16;
    private static final int MAX_TOO_LARGE = 16; // attributes that are each too large: an endless iterator of them must end, too
    private static final int MAX_IDS = 4; // actors whose ids are actors, in one another

    String actor;
    boolean somebody;
    List<String> groups = Collections.emptyList();
    Predicate<String> inGroup;
    Map<String, byte[]> attributes = Collections.emptyMap();
    ContextException noGroups;
    ContextException noAttributes;
    ContextException tooLarge;
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
        tooLarge = from.tooLarge;
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
        } else if (given instanceof BigDecimal && Values.isWhole((BigDecimal) given)) {
            actor = digits(((BigDecimal) given).toBigInteger());
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
        long size = 0;
        for (Object name : given) {
            size += name instanceof String ? ((String) name).length() : 0;
            if (++count > MAX_LISTED || size > Writer.MAX_BYTES) {
                throw new ContextException("there are more than " + MAX_LISTED + " groups, or more than " + Writer.MAX_BYTES
                        + " bytes of them");
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
        int count = 0;
        long size = all.values().stream().mapToLong(value -> value.length).sum();
        for (Map.Entry<?, ?> entry : given.entrySet()) {
            if (++count > MAX_LISTED) {
                throw tooMany();
            }
            if (!(entry.getKey() instanceof String)) {
                note("an attribute whose name is no String");
                continue;
            }
            byte[] value = encoded(entry.getValue());
            size += value == Context.TOO_LARGE ? Writer.MAX_BYTES / MAX_TOO_LARGE : value.length + ((String) entry.getKey()).length();
            all.put(Values.text((String) entry.getKey()), value);
            if (all.size() > MAX_LISTED || size > Writer.MAX_BYTES) {
                throw tooMany();
            }
        }
        attributes = all;
    }

    private static ContextException tooMany() {
        return new ContextException("there are more than " + MAX_LISTED + " attributes, or more than " + Writer.MAX_BYTES
                + " bytes of them");
    }

    /** Returns a value as the request has it; null if it can't be read. */
    private byte[] encoded(Object value) {
        try {
            return Values.encode(value);
        } catch (RequestException error) {
            tooLarge = new ContextException("an attribute has " + error.getMessage());
            return Context.TOO_LARGE;
        } catch (Throwable error) { // a list, a map or a number of the program's
            note("an attribute of " + value.getClass().getName() + (error instanceof ContextException
                    ? " with " + error.getMessage()
                    : ", which throws " + error.getClass().getName()));
            return Values.encode(null);
        }
    }

    void note(String wrong) {
        if (unreadable.size() >= MAX_NOTED || unreadable.contains(wrong)) {
            return;
        }
        Set<String> all = new LinkedHashSet<>(unreadable);
        all.add(wrong);
        unreadable = all;
    }
}

package io.github.gonfalonflags;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A request for one flag, several or all of them. What the program's own code has to answer is answered when it is made, before an
 * instance is taken; making one throws ContextException if that can't be read.
 */
final class Request {
    private static final int MAX_KEY = 1024; // bytes of a flag's key

    private final Object flags; // a number, a key, a list of keys, or null for all
    private final Context context;
    private final List<String> groups;
    private final Map<String, byte[]> attributes;
    private final long now;
    private final long roll;

    private Request(Object flags, Context context, List<String> groups, Map<String, byte[]> attributes, boolean timed,
            boolean chanced) {
        this.flags = flags;
        this.context = context;
        this.groups = groups;
        this.attributes = attributes;
        now = !timed ? 0 : context.now != null ? context.now : Context.micros(Instant.now());
        roll = !chanced ? 0 : context.roll != null ? context.roll : ThreadLocalRandom.current().nextLong();
    }

    /** Returns the request for one flag, by what it needs. */
    static Request one(Needs flag, Context context) {
        List<String> groups = flag.asksForGroups() ? context.memberOf(flag.groups) : Collections.emptyList();
        return new Request(flag.number, context, groups, context.known(flag.attributes), flag.now, flag.roll);
    }

    /** Returns the request for one flag, with all that there is. */
    static Request whole(String key, Needs flag, Context context) {
        String[] names = context.tooMany() ? flag.attributes : null;
        return new Request(key, context, context.memberOf(flag.groups), context.known(names), true, true);
    }

    /** Returns the request for several flags, which name these groups; null: for all flags. */
    static Request several(List<String> keys, Set<String> named, Context context) {
        return new Request(keys, context, context.memberOf(named), context.known(null), true, true);
    }

    /** Writes the request. Throws ContextException if it is larger than one may be. */
    void write(Writer out) {
        try {
            writeAll(out);
        } catch (RequestException error) {
            throw tooLarge(error);
        }
    }

    /** Writes the request for one flag that needs nothing but the actor. */
    static void writeAlone(Writer out, int flag, String actor) {
        try {
            out.clear();
            out.array(2).integer(flag).text(actor);
        } catch (RequestException error) {
            throw tooLarge(error);
        }
    }

    private static ContextException tooLarge(RequestException error) {
        return new ContextException("a request with " + error.getMessage());
    }

    /** Returns the key to ask the module for. One that is too long is of no flag, as the empty one. */
    static String known(String key) {
        return key.length() > MAX_KEY ? "" : key;
    }

    private void writeAll(Writer out) {
        out.clear();
        out.array(6);
        if (flags == null) {
            out.nil();
        } else if (flags instanceof Integer) {
            out.integer((Integer) flags);
        } else if (flags instanceof String) {
            out.text(known((String) flags));
        } else {
            List<?> keys = (List<?>) flags;
            out.array(keys.size());
            keys.forEach(key -> out.text(known((String) key)));
        }
        context.writeActor(out);
        out.array(groups.size());
        groups.forEach(out::text);
        out.integer(now).integer(roll).map(attributes.size());
        attributes.forEach((name, value) -> out.text(name).raw(value));
    }
}

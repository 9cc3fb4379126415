package io.github.gonfalonflags;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * A snapshot's records by key, as engine/snapshot/FORMAT.md lays them out, and how flags refer to others. The snapshot has been
 * loaded, so it is sound, but a newer server may have written some records in a form that isn't known here.
 */
final class Records {
    // Why: RATIONALE.md "Why do SDKs read flags' records?"
    private static final int GROUPS = 5;
    private static final int RULES = 6;
    private static final int VARIANTS = 7;
    private static final int PREREQUISITES = 8;
    private static final int WINDOWS = 9;
    private static final int SETTINGS = 5; // of the header
    private static final int COUNTS = 6; // likewise
    private static final int SCHEDULES = 8; // of the counts
    private static final long DENIED = 1;
    private static final long ALLOWED = 2;

    private final Object settings;
    private final Map<String, byte[]> segments;
    private final Map<String, byte[]> flags;

    /** Reads a snapshot; null is one without records. */
    Records(byte[] data) {
        if (data == null) {
            settings = null;
            segments = Collections.emptyMap();
            flags = Collections.emptyMap();
            return;
        }
        List<?> snapshot = (List<?>) Reader.read(data);
        settings = ((List<?>) snapshot.get(0)).get(SETTINGS);
        segments = byKey((List<?>) snapshot.get(1));
        flags = byKey((List<?>) snapshot.get(2));
    }

    private static Map<String, byte[]> byKey(List<?> written) {
        Map<String, byte[]> records = new HashMap<>();
        for (Object one : written) {
            List<?> pair = (List<?>) one;
            records.put((String) pair.get(0), (byte[]) pair.get(1));
        }
        return records;
    }

    /** Reports whether a snapshot has any schedule. It reads the header alone. */
    static boolean hasSchedules(byte[] data) {
        Reader reader = new Reader(data);
        reader.array();
        List<?> header = (List<?>) reader.next();
        return (Long) ((List<?>) header.get(COUNTS)).get(SCHEDULES) != 0;
    }

    Set<String> keys() {
        return flags.keySet();
    }

    /** Returns the payloads of a flag's variants, as JSON. */
    List<byte[]> payloadsOf(String key) {
        List<byte[]> payloads = new ArrayList<>();
        for (Object variant : part(key, VARIANTS)) {
            Object payload = member(variant, 2);
            if (payload instanceof byte[]) {
                payloads.add((byte[]) payload);
            }
        }
        return payloads;
    }

    /** Returns when a flag's schedules open and close, in Unix microseconds. */
    List<Long> edgesOf(String key) {
        List<Long> edges = new ArrayList<>();
        for (Object edge : part(key, WINDOWS)) {
            if (edge instanceof Long) {
                edges.add((Long) edge);
            }
        }
        return edges;
    }

    private Set<String> parentsOf(String key) {
        Set<String> parents = new HashSet<>();
        List<?> written = part(key, PREREQUISITES);
        for (int i = 0; i < written.size(); i += 2) {
            if (written.get(i) instanceof String) {
                parents.add((String) written.get(i));
            }
        }
        return parents;
    }

    private boolean names(String key, Set<String> segments) {
        for (Object rule : part(key, RULES)) {
            Object segment = member(rule, 1);
            if (segment instanceof String && segments.contains(segment)) {
                return true;
            }
        }
        return false;
    }

    /** Reports whether a flag allows some groups and denies others, so that the setting of which win matters. */
    private boolean isTorn(String key) {
        boolean denies = false;
        boolean allows = false;
        List<?> written = part(key, GROUPS);
        for (int i = 1; i < written.size(); i += 2) {
            denies |= !Objects.equals(written.get(i), ALLOWED);
            allows |= !Objects.equals(written.get(i), DENIED);
        }
        return denies && allows;
    }

    private List<?> part(String key, int index) {
        byte[] written = flags.get(key);
        if (written == null) {
            return Collections.emptyList();
        }
        try {
            Object part = member(Reader.read(written), index);
            return part instanceof List ? (List<?>) part : Collections.emptyList();
        } catch (IllegalArgumentException unknown) {
            return Collections.emptyList();
        }
    }

    /** Returns a member of a list; null if it is none, or has none there. */
    private static Object member(Object list, int index) {
        return list instanceof List && ((List<?>) list).size() > index ? ((List<?>) list).get(index) : null;
    }

    /** Returns the keys of every flag whose decision can differ between two snapshots. */
    static Set<String> changed(Records before, Records after) {
        Set<String> every = new HashSet<>(before.flags.keySet());
        every.addAll(after.flags.keySet());
        Set<String> changed = differing(before.flags, after.flags);
        if (before.settings != null && !Objects.equals(before.settings, after.settings)) {
            every.stream().filter(key -> before.isTorn(key) || after.isTorn(key)).forEach(changed::add);
        }
        Set<String> moved = differing(before.segments, after.segments);
        if (!moved.isEmpty()) {
            every.stream().filter(key -> before.names(key, moved) || after.names(key, moved)).forEach(changed::add);
        }
        return withDependents(changed, before, after);
    }

    private static Set<String> differing(Map<String, byte[]> before, Map<String, byte[]> after) {
        Set<String> keys = new HashSet<>(before.keySet());
        keys.addAll(after.keySet());
        keys.removeIf(key -> Arrays.equals(before.get(key), after.get(key)));
        return keys;
    }

    /** Returns these flags, and those that require one of them, through any number of parents. They ascend by key. */
    static Set<String> withDependents(Collection<String> keys, Records... snapshots) {
        Map<String, Set<String>> children = new HashMap<>();
        for (Records records : snapshots) {
            for (String key : records.flags.keySet()) {
                for (String parent : records.parentsOf(key)) {
                    children.computeIfAbsent(parent, any -> new HashSet<>()).add(key);
                }
            }
        }
        Set<String> found = new TreeSet<>(Values.BY_CODE_POINT);
        found.addAll(keys);
        Deque<String> queue = new ArrayDeque<>(found);
        while (!queue.isEmpty()) {
            for (String child : children.getOrDefault(queue.pop(), Collections.emptySet())) {
                if (found.add(child)) {
                    queue.push(child);
                }
            }
        }
        return Collections.unmodifiableSet(found);
    }
}

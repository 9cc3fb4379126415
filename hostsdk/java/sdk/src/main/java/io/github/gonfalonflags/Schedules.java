package io.github.gonfalonflags;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** When the schedules of a snapshot open and close, in Unix microseconds. */
final class Schedules {
    private final Records records;
    private final NavigableMap<Long, List<String>> edges = new TreeMap<>();

    Schedules(byte[] data) {
        records = new Records(data);
        for (String key : records.keys()) {
            for (long edge : records.edgesOf(key)) {
                if (edge != Long.MIN_VALUE && edge != Long.MAX_VALUE) { // the ends of a window that has none
                    edges.computeIfAbsent(edge, any -> new ArrayList<>()).add(key);
                }
            }
        }
    }

    /** Returns the first edge after a time. */
    OptionalLong next(long after) {
        Map.Entry<Long, List<String>> next = edges.higherEntry(after);
        return next == null ? OptionalLong.empty() : OptionalLong.of(next.getKey());
    }

    /** Returns the flags whose decision the edges after one time and not after another can change. */
    Set<String> passed(long after, long until) {
        Set<String> flags = new HashSet<>();
        edges.subMap(after, false, until, true).values().forEach(flags::addAll);
        return Records.withDependents(flags, records);
    }
}

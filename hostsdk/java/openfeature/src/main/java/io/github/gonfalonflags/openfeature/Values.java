package io.github.gonfalonflags.openfeature;

import dev.openfeature.sdk.MutableStructure;
import dev.openfeature.sdk.Value;
import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** OpenFeature's values, and those of the SDK. */
final class Values {
    private Values() {}

    /** Returns a payload, or a part of one, as OpenFeature has it. */
    static Value of(Object value) {
        if (value instanceof Boolean) {
            return new Value((Boolean) value);
        }
        if (value instanceof String) {
            return new Value((String) value);
        }
        if (value instanceof Long && ((Long) value).intValue() == (Long) value) {
            return new Value(((Long) value).intValue());
        }
        if (value instanceof Number) {
            return new Value(((Number) value).doubleValue());
        }
        if (value instanceof List) {
            List<Value> items = new ArrayList<>();
            ((List<?>) value).forEach(item -> items.add(of(item)));
            return new Value(items);
        }
        if (value instanceof Map) {
            MutableStructure members = new MutableStructure();
            ((Map<?, ?>) value).forEach((name, item) -> members.add((String) name, of(item)));
            return new Value(members);
        }
        return new Value();
    }

    /** Returns one of OpenFeature's values as the SDK reads it: what is in it is converted when it is read, and no deeper. */
    static Object from(Value value) {
        if (value == null || value.isNull()) {
            return null;
        }
        if (value.isList()) {
            return list(value.asList());
        }
        return value.isStructure() ? map(value.asStructure().asMap()) : value.asObject();
    }

    private static List<Object> list(List<Value> items) {
        return new AbstractList<Object>() {
            @Override
            public Object get(int index) {
                return from(items.get(index));
            }

            @Override
            public int size() {
                return items.size();
            }
        };
    }

    private static Map<String, Object> map(Map<String, Value> members) {
        return new AbstractMap<String, Object>() {
            @Override
            public Set<Entry<String, Object>> entrySet() {
                return new AbstractSet<Entry<String, Object>>() { // no HashSet, whose hashes would read all that is in it
                    @Override
                    public Iterator<Entry<String, Object>> iterator() {
                        return members.entrySet().stream()
                                .<Entry<String, Object>>map(one -> new SimpleImmutableEntry<>(one.getKey(), from(one.getValue())))
                                .iterator();
                    }

                    @Override
                    public int size() {
                        return members.size();
                    }
                };
            }
        };
    }
}

package io.github.gonfalonflags.openfeature;

import dev.openfeature.sdk.MutableStructure;
import dev.openfeature.sdk.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /** Returns one of OpenFeature's values as the SDK reads it. */
    static Object from(Value value) {
        if (value == null || value.isNull()) {
            return null;
        }
        if (value.isList()) {
            List<Object> items = new ArrayList<>();
            value.asList().forEach(item -> items.add(from(item)));
            return items;
        }
        if (value.isStructure()) {
            Map<String, Object> members = new HashMap<>();
            value.asStructure().asMap().forEach((name, item) -> members.put(name, from(item)));
            return members;
        }
        return value.asObject();
    }
}

package io.github.gonfalonflags;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The typed values of hostsdk/testdata/values.json as Java has them. */
final class Typed {
    /** A typed value that Java doesn't have. */
    static final class Unknown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unknown(String kind) {
            super("Java has no " + kind);
        }
    }

    private Typed() {}

    /** An actor that knows its groups. */
    static final class Insider implements Actor, Member {
        private final Object id;
        private final List<?> groups;

        Insider(Object id, List<?> groups) {
            this.id = id;
            this.groups = groups;
        }

        @Override
        public Object actorId() {
            return id;
        }

        @Override
        public boolean inGroup(String name) {
            if (groups == null) {
                throw new IllegalStateException("who knows");
            }
            return groups.contains(name);
        }
    }

    /** An object that can only print itself. */
    static final class Prints {
        private final String text;

        Prints(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    static Object value(Map<String, Object> typed, Object actor) {
        Map.Entry<String, Object> only = typed.entrySet().iterator().next();
        Object content = only.getValue();
        switch (only.getKey()) {
            case "string":
            case "bool":
                return content;
            case "null":
                return null;
            case "surrogate":
                return "\ud800";
            case "int":
            case "bigint":
                BigInteger integer = new BigInteger((String) content);
                return integer.bitLength() < 64 && only.getKey().equals("int") ? (Object) integer.longValue() : integer;
            case "float":
                return Double.valueOf((String) content);
            case "decimal":
                return new BigDecimal((String) content);
            case "list":
                List<Object> items = new ArrayList<>();
                Repository.objects(content).forEach(item -> items.add(value(item, null)));
                return items;
            case "repeated":
                List<?> repeated = (List<?>) content;
                return new ArrayList<>(Collections.nCopies(
                        ((Number) repeated.get(1)).intValue(), value(Payload.object(repeated.get(0)), null)));
            case "map":
                Map<String, Object> members = new LinkedHashMap<>();
                Payload.object(content).forEach((name, item) -> members.put(name, value(Payload.object(item), null)));
                return members;
            case "bytes":
                return Base64.getDecoder().decode((String) content);
            case "time":
                return OffsetDateTime.parse((String) content);
            case "uuid":
                return UUID.fromString((String) content);
            case "prints":
                return new Prints((String) content);
            case "id":
                return identified(Payload.object(content));
            case "member":
                return new Insider(actor, (List<?>) content);
            default:
                throw new Unknown(only.getKey());
        }
    }

    private static Actor identified(Map<String, Object> id) {
        if (id.containsKey("raises")) {
            return () -> {
                throw new IllegalStateException("it has none");
            };
        }
        Object found = value(id, null);
        return () -> found;
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** Whatever a program hands in as a context, a decision ends soon, takes little memory, and raises nothing. */
class HostileContextTest {
    private static final byte[] SNAPSHOT = Repository.compile(String.join("\n",
            "flags:",
            "  - key: grown",
            "    gates: [{type: rule, constraints: [{attribute: age, operator: contains, values: ['yes']}]}]",
            "  - key: half",
            "    gates: [{type: percentage_of_actors, ratio: 0.5}]",
            "  - key: staff",
            "    gates: [{type: group, target: staff, enabled: true}]"));

    private final FlagsForTest flags = new FlagsForTest(SNAPSHOT);

    private static List<Object> list(IntSupplier size, Iterator<Object> items) {
        return new AbstractList<>() {
            @Override
            public Object get(int index) {
                return 1;
            }

            @Override
            public int size() {
                return size.getAsInt();
            }

            @Override
            public Iterator<Object> iterator() {
                return items == null ? super.iterator() : items;
            }
        };
    }

    private static Map<String, Object> map(Iterator<Map.Entry<String, Object>> entries) {
        return new AbstractMap<>() {
            @Override
            public Set<Map.Entry<String, Object>> entrySet() {
                return new AbstractSet<>() {
                    @Override
                    public Iterator<Map.Entry<String, Object>> iterator() {
                        return entries;
                    }

                    @Override
                    public int size() {
                        return Integer.MAX_VALUE;
                    }
                };
            }
        };
    }

    private static <T> Iterator<T> endless(T item) {
        return Collections.<T>nCopies(Integer.MAX_VALUE, item).iterator();
    }

    private static int overflow() {
        return overflow() + 1;
    }

    private static final class Evil extends BigInteger {
        private static final long serialVersionUID = 1L;

        Evil() {
            super("1");
        }

        @Override
        public int bitLength() {
            return overflow();
        }

        @Override
        public String toString() {
            return String.valueOf(overflow());
        }
    }

    private static final class EvilDate extends Date {
        private static final long serialVersionUID = 1L;

        @Override
        public long getTime() {
            throw new AssertionError("mine");
        }
    }

    static Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        List<Object> itself = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            itself.add(itself);
        }
        String long1 = "x".repeat(1 << 20);
        values.put("a list in itself", itself);
        values.put("a size below 0", list(() -> -1, null));
        values.put("a size of 2^31 - 1", list(() -> Integer.MAX_VALUE, null));
        values.put("a size that overflows the stack", list(HostileContextTest::overflow, null));
        values.put("an iterator without an end", list(() -> 1, endless(1)));
        values.put("a map without an end", map(endless(Map.entry("a", 1))));
        values.put("a map of null", map(endless(null)));
        values.put("a million", new ArrayList<>(Collections.nCopies(1_000_000, "one")));
        values.put("an array of a million", new int[1_000_000]);
        values.put("a long text many times", Collections.nCopies(50_000, long1));
        values.put("an integer of its own", new Evil());
        values.put("a decimal of a million zeros", new BigDecimal(BigInteger.TEN.pow(1_000_000), 1_000_000));
        values.put("a decimal of 2 billion digits", new BigDecimal("1e2000000000"));
        values.put("a decimal far behind its point", new BigDecimal("1e-2000000000"));
        values.put("a date of its own", new EvilDate());
        values.put("a text of 64 MB", "x".repeat(64 << 20));
        return values;
    }

    @Test
    void anyValueOfAnAttribute() {
        values().forEach((what, value) -> soon(what, Context.of("ada").with("age", value)));
    }

    @Test
    void anyActorAndAnyGroups() {
        values().forEach((what, value) -> {
            soon(what, Context.of(value));
            soon(what, Context.of("ada").inGroups(value));
        });
    }

    @Test
    void attributesWithoutAnEnd() {
        soon("without an end", () -> Context.of("ada").with(map(endless(Map.entry("a", 1)))));
        soon("names without an end", () -> Context.of("ada").with(map(new Iterator<>() {
            private int count;

            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public Map.Entry<String, Object> next() {
                return Map.entry("name" + count++, "x".repeat(1000));
            }
        })));
    }

    @Test
    void keysWithoutAnEnd() {
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            Gonfalon flags = Gonfalon.connect(new Options().bootstrap(SNAPSHOT));
            List<String> keys = Collections.nCopies(100_000, "k".repeat(1 << 20));
            assertEquals(100_000, flags.decideAll(keys, "ada").size());
            assertEquals(0, flags.decideAll(() -> endless("half"), "ada").size());
        });
    }

    @Test
    void aListIsReadAsFarAsItGoes() {
        List<Object> most = new ArrayList<>(Collections.nCopies(Values.MAX_ITEMS, 1));
        assertEquals(Values.MAX_ITEMS + 5, Values.encode(most).length);
        most.add(1);
        assertThrows(ContextException.class, () -> Values.encode(most));
        assertThrows(ContextException.class, () -> Values.encode(List.of(most)));
        assertThrows(ContextException.class, () -> Values.encode(new int[Values.MAX_ITEMS + 1]));
        assertFalse(flags.enabled("grown", Context.of("ada").with("age", most)));
        assertEquals(1, flags.stats().unreadable());
    }

    private void soon(String what, Context context) {
        soon(what, () -> context);
    }

    private void soon(String what, java.util.function.Supplier<Context> made) {
        assertTimeoutPreemptively(Duration.ofSeconds(4), () -> {
            Context context = made.get();
            for (String key : List.of("grown", "half", "staff")) {
                flags.enabled(key, context);
                flags.decide(key, context);
                assertFalse(flags.explain(key, context).toString().isEmpty(), what);
                assertEquals(3, flags.decideAll(context).size(), what);
            }
        }, what);
    }
}

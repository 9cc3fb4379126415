package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No method that decides, explains or waits raises, whatever each of its arguments is. */
class OddArgumentsTest {
    private static final byte[] SNAPSHOT = Repository.compile("flags: [{key: a, gates: [{type: boolean, enabled: true}]}]");
    private static final Set<String> OTHERS = Set.of("wait", "notify", "notifyAll", "getClass", "subscribe", "connect", "equals");

    private static List<Object> odd(Class<?> type) {
        if (type == boolean.class) {
            return List.of(true, false);
        }
        if (type == long.class || type == int.class) {
            return List.of(Long.MIN_VALUE, -1L, 0L);
        }
        if (type == double.class) {
            return List.of(Double.NaN, 0.0);
        }
        List<Object> odd = new ArrayList<>(Collections.singleton(null));
        List<Object> all = new ArrayList<>(Arrays.asList(
                "", "a", "\0", "\ud800", "\udc00x", "%n%s{0}", "x".repeat(1 << 18), new Object(), true, 1.5, Double.NaN, new byte[1],
                Collections.singletonList(null), List.of("a"), List.of(), new Object[] {null}, Duration.ZERO,
                Duration.ofSeconds(Long.MIN_VALUE), Duration.ofMillis(-1), Context.nobody(), Map.of()));
        all.removeIf(one -> !type.isInstance(one));
        odd.addAll(all);
        if (type == Duration.class) {
            odd.remove(null); // waits for ever
        }
        return odd;
    }

    private static List<List<Object>> combinations(Class<?>[] types) {
        List<List<Object>> all = new ArrayList<>();
        all.add(List.of());
        for (Class<?> type : types) {
            List<List<Object>> longer = new ArrayList<>();
            List<Object> odd = all.size() > 30 ? odd(type).subList(0, 2) : odd(type);
            for (List<Object> before : all) {
                for (Object one : odd) {
                    List<Object> next = new ArrayList<>(before);
                    next.add(one);
                    longer.add(next);
                }
            }
            all = longer;
        }
        return all;
    }

    private static int walk(Object on, Class<?> type) throws IllegalAccessException {
        int calls = 0;
        for (Method method : type.getMethods()) {
            if (OTHERS.contains(method.getName()) || on == null != Modifier.isStatic(method.getModifiers())
                    || on instanceof FlagsForTest && method.getDeclaringClass() == FlagsForTest.class
                    || method.getName().equals("close")) {
                continue;
            }
            for (List<Object> arguments : combinations(method.getParameterTypes())) {
                try {
                    calls++;
                    Object answer = method.invoke(on, arguments.toArray());
                    String.valueOf(answer).length();
                    if (answer instanceof Decision) {
                        answer.hashCode();
                        answer.equals(answer);
                    }
                } catch (InvocationTargetException error) {
                    throw new AssertionError(method + " raises " + error.getCause(), error.getCause());
                }
            }
        }
        return calls;
    }

    @Test
    void noQuestionRaises() {
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            try (Gonfalon loaded = Gonfalon.connect(new Options().bootstrap(SNAPSHOT));
                    Gonfalon empty = Gonfalon.connect(new Options().lastGood(java.nio.file.Path.of("/none/at/all")))) {
                FlagsForTest test = new FlagsForTest(SNAPSHOT);
                assertTrue(walk(loaded, Gonfalon.class) > 500);
                walk(empty, Gonfalon.class);
                walk(test, FlagsForTest.class);
                walk(null, Gonfalon.class);
                walk(null, Context.class);
                walk(Context.of("ada"), Context.class);
                assertTrue(loaded.stats().unknown() > 0);
            }
            Gonfalon closed = Gonfalon.connect(new Options().bootstrap(SNAPSHOT));
            closed.close();
            closed.waitReady(null);
            closed.waitFor(Long.MAX_VALUE, null);
        });
    }
}

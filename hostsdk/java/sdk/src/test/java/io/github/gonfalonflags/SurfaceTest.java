package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds hostsdk/surface.json, and Java's own names in hostsdk/java/surface.json, against what the package exports. */
class SurfaceTest {
    private static final Map<String, Object> SURFACE = Repository.document("hostsdk/surface.json");
    private static final Map<String, Object> OWN = Repository.document("hostsdk/java/surface.json");

    private static Map<String, Set<String>> exported() throws Exception {
        Map<String, Set<String>> has = new LinkedHashMap<>();
        has.put("client", methods(Gonfalon.class, true));
        has.put("config", methods(Options.class, false));
        has.put("decision", methods(Decision.class, false));
        has.put("explanation", methods(Explanation.class, false));
        has.put("step", methods(Step.class, false));
        has.put("comparison", methods(Comparison.class, false));
        has.put("stats", methods(Stats.class, false));
        has.put("info", methods(SnapshotInfo.class, false));
        has.put("state_event", methods(StateChanged.class, false));
        has.put("flags_event", methods(FlagsChanged.class, false));
        has.put("test", methods(FlagsForTest.class, false));
        has.put("target", methods(Target.class, false));
        has.put("package", classes());
        return has;
    }

    private static Set<String> methods(Class<?> type, boolean inherited) {
        Set<String> usual = Set.of("equals", "hashCode", "toString", "getClass", "notify", "notifyAll", "wait");
        return Arrays.stream(inherited ? type.getMethods() : type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(Method::getName)
                .filter(name -> !usual.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> classes() throws Exception {
        Set<String> names = new TreeSet<>();
        for (String name : files(Path.of("src/main/java/io/github/gonfalonflags"))) {
            if (Modifier.isPublic(Class.forName("io.github.gonfalonflags." + name).getModifiers())) {
                names.add(name);
            }
        }
        return names;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString().replace(".java", "")).collect(Collectors.toList());
        }
    }

    private static Map<String, Object> section(String of, String key) {
        Map<String, Object> all = Payload.object(OWN.getOrDefault(of, Collections.emptyMap()));
        return Payload.object(all.getOrDefault(key, Collections.emptyMap()));
    }

    private static String camel(String canonical) {
        StringBuilder name = new StringBuilder();
        for (String part : canonical.split("_")) {
            name.append(name.length() == 0 ? part : part.substring(0, 1).toUpperCase() + part.substring(1));
        }
        return name.toString();
    }

    @TestFactory
    List<DynamicTest> theNamesAreThoseOfTheSurface() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        exported().forEach((key, has) -> tests.add(dynamicTest(key, () -> {
            Set<String> wanted = new TreeSet<>(section("more", key).keySet());
            Map<String, Object> other = section("other", key);
            for (Object row : (List<?>) Payload.object(SURFACE.get(key)).get("names")) {
                String canonical = (String) ((List<?>) row).get(1);
                Object name = other.containsKey(canonical) ? other.get(canonical) : camel(canonical);
                if (name != null) {
                    wanted.add((String) name);
                }
            }
            assertEquals(wanted, has);
        })));
        return tests;
    }

    @Test
    void noSectionIsForgotten() throws Exception {
        Set<String> sections = new TreeSet<>(SURFACE.keySet());
        sections.removeAll(Set.of("languages", "features", "words"));
        assertEquals(sections, new TreeSet<>(exported().keySet()));
    }

    @Test
    void theWordsAreThoseOfTheSurface() {
        Map<String, Object> words = new LinkedHashMap<>();
        List<String> reasons = names(Reason.values());
        words.put("reason", reasons.subList(0, reasons.size() - 1)); // NEWER is what has no name
        List<String> gates = Arrays.stream(Gate.values()).map(Gate::toString).collect(Collectors.toList());
        words.put("gate", gates.subList(1, gates.size() - 1));
        words.put("outcome", Arrays.asList(Step.OUTCOMES));
        words.put("operator", Arrays.asList(Comparison.OPERATORS));
        words.put("state", names(State.values()));
        assertEquals(SURFACE.get("words"), words);
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).collect(Collectors.toList());
    }
}

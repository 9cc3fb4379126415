package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Finds out which of the features of hostsdk/surface.json there are, and compares them with features.json. */
class FeaturesTest {
    private static final Path FILE = Repository.ROOT.resolve("hostsdk/java/features.json");

    @Test
    void theFeaturesAreThoseOfTheFile() throws Exception {
        Map<String, String> found = found();
        assertEquals(Repository.document("hostsdk/surface.json").get("features"), List.copyOf(found.keySet()));
        String written = found.entrySet().stream()
                .map(one -> "  " + Json.write(one.getKey()) + ": " + Json.write(one.getValue()))
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
        if ("1".equals(System.getenv("GONFALON_UPDATE"))) {
            Files.writeString(FILE, written);
        }
        assertEquals(written, Files.readString(FILE));
    }

    private static Map<String, String> found() {
        Map<String, String> found = new LinkedHashMap<>();
        found.put("engine", isThere("sdk/target/classes/io/github/gonfalonflags/EngineModuleMachine.class")
                ? "Endive, compiled to classes" : "–");
        found.put("enabled, variant, typed payload, decide, decide all, explain", yes(has(Gonfalon.class, "enabled", "variant",
                "payloadBoolean", "payloadString", "payloadLong", "payloadDouble", "payloadObject", "decide", "decideAll",
                "explain")));
        found.put("prepared context, reused without building it again", yes(has(Context.class, "of", "inGroups", "with")));
        found.put("stream with resume and deltas; polling with ETag",
                yes(has(Options.class, "pollInterval") && tests("Recorded", "Hostile", "Server")));
        found.put("file, bootstrap, last good on disk", yes(has(Options.class, "file", "bootstrap", "lastGood")));
        found.put("in process with the control plane", yes(has(Options.class, "source")));
        found.put("states, events, age", yes(has(Gonfalon.class, "state", "subscribe") && has(Stats.class, "age")));
        found.put("usage batches", yes(has(Gonfalon.class, "flush")));
        found.put("test helper with overrides, no network",
                isThere("junit/src/main/java/io/github/gonfalonflags/junit/GonfalonExtension.java") ? "`gonfalon-junit`" : "–");
        found.put("OpenFeature provider",
                isThere("openfeature/src/main/java/io/github/gonfalonflags/openfeature/GonfalonProvider.java")
                        ? "`gonfalon-openfeature`" : "–");
        found.put("conformance vectors, shared cases and recorded streams (`testdata/`)",
                yes(tests("Values", "Words", "Recorded") && isThere("conformance.sh")));
        found.put("wait for a revision; events of schedules", yes(has(Gonfalon.class, "waitFor") && tests("Edges")));
        found.put("an actor's score for any flag", has(Gonfalon.class, "score") ? "`Gonfalon.score`" : "–");
        found.put("an admin client, which reads and writes flags", "–");
        return found;
    }

    private static String yes(boolean there) {
        return there ? "yes" : "–";
    }

    private static boolean has(Class<?> type, String... methods) {
        Set<String> names = Arrays.stream(type.getMethods()).map(Method::getName).collect(Collectors.toSet());
        return names.containsAll(Arrays.asList(methods));
    }

    private static boolean tests(String... names) {
        return Arrays.stream(names)
                .allMatch(name -> isThere("sdk/src/test/java/io/github/gonfalonflags/" + name + "Test.java"));
    }

    private static boolean isThere(String path) {
        return Files.exists(Repository.ROOT.resolve("hostsdk/java").resolve(path));
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Replays the recorded sessions of hostsdk/testdata, as every SDK does. */
class RecordedTest {
    @TestFactory
    List<DynamicTest> sessions() throws IOException {
        try (Stream<Path> files = Files.list(Repository.ROOT.resolve("hostsdk/testdata/sessions"))) {
            List<DynamicTest> tests = files.sorted()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> replay(file)))
                    .collect(Collectors.toList());
            assertFalse(tests.isEmpty());
            return tests;
        }
    }

    private static void replay(Path session) throws Exception {
        try (Program server = new Program(List.of(Repository.contract().toString(), "replay", session.toString()))) {
            String url = server.output.readLine();
            Options options = new Options(url, "token").readyWithin(Duration.ZERO).grace(Duration.ofSeconds(60)).pace(quick());
            HttpResponse<byte[]> bootstrap = Program.ask("GET", url + "/replay/bootstrap", null, "");
            if (bootstrap.statusCode() == 200) {
                options.bootstrap(bootstrap.body());
            }
            BlockingQueue<FlagsChanged> changes = new LinkedBlockingQueue<>();
            try (Gonfalon flags = Gonfalon.connect(options)) {
                flags.subscribe(event -> {
                    if (event instanceof FlagsChanged) {
                        changes.add((FlagsChanged) event);
                    }
                });
                while (true) {
                    HttpResponse<byte[]> next = Program.ask("POST", url + "/replay/next", null, "");
                    String text = new String(next.body(), StandardCharsets.UTF_8);
                    assertEquals(200, next.statusCode(), text);
                    Map<String, Object> step = Payload.object(Json.read(text));
                    if (step.containsKey("end")) {
                        return;
                    }
                    if (step.containsKey("changed")) {
                        FlagsChanged change = changes.poll(10, TimeUnit.SECONDS);
                        assertNotNull(change, text);
                        assertEquals(new HashSet<>((List<?>) step.get("changed")), new HashSet<>(change.flags()), text);
                    } else {
                        check(flags, Payload.object(step.get("expect")));
                    }
                }
            }
        }
    }

    private static Pace quick() {
        Pace pace = new Pace();
        pace.backoff = Duration.ofMillis(20);
        pace.longest = Duration.ofMillis(100);
        return pace;
    }

    private static void check(Gonfalon flags, Map<String, Object> expected) throws InterruptedException {
        Map<String, Object> wanted = new LinkedHashMap<>(expected);
        wanted.remove("decisions");
        Await.until(Duration.ofSeconds(10), () -> now(flags).equals(wanted), () -> now(flags) + " is not " + wanted);
        for (Map<String, Object> question : Repository.objects(expected.getOrDefault("decisions", List.of()))) {
            Context who = Context.of(question.get("actor"))
                    .inGroups(question.get("groups"))
                    .with(Payload.object(question.get("attributes")))
                    .at(Instant.EPOCH.plusMillis(((Number) question.get("now")).longValue() / 1000))
                    .roll(new BigInteger((String) question.get("roll")).longValue());
            Decision decision = flags.decide((String) question.get("flag"), who);
            Resolution found = Resolution.of(decision);
            assertEquals(question.get("enabled"), decision.enabled(), question.toString());
            assertEquals(question.get("variant"), decision.variant(), question.toString());
            assertEquals(question.get("value"), found.value(), question.toString());
            assertEquals(question.get("reason"), found.reason(), question.toString());
            assertEquals(question.get("error"), found.error(), question.toString());
        }
    }

    private static Map<String, Object> now(Gonfalon flags) {
        Stats stats = flags.stats();
        Map<String, Object> now = new LinkedHashMap<>();
        now.put("state", stats.state().name());
        now.put("refused", stats.refused());
        stats.info().ifPresent(info -> {
            now.put("revision", info.revision());
            now.put("lineage", info.lineage());
        });
        return now;
    }
}

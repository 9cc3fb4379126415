package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionsTest {
    @Test
    void whatMakesNoClientIsSaid() {
        refused(new Options(), "nothing to take flags from");
        refused(new Options("http://127.0.0.1:1", "t").file(Path.of("flags")), "two sources");
        refused(new Options("http://127.0.0.1:1", null), "needs a token");
        refused(new Options("ftp://a", "t"), "the endpoint is not an http or https URL");
        assertThrows(IllegalArgumentException.class, () -> new Options().pollInterval(Duration.ZERO));
    }

    @Test
    void anEnvironmentIsOneSegmentOfThePath() throws Exception {
        for (String key : List.of("", ".", "..")) {
            refused(new Options("http://127.0.0.1:1", "t").environment(key), "no environment has the key \"" + key + "\"");
        }
        BlockingQueue<String> paths = new LinkedBlockingQueue<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            paths.add(exchange.getRequestURI().getRawPath());
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            for (String key : List.of("../other", "a/b", "a?b", "a#b", "%2e%2e", "a\\b", "a b", "ä", "...", ".a")) {
                Options options = new Options("http://127.0.0.1:" + server.getAddress().getPort() + "/at/", "t")
                        .environment(key).pollInterval(Duration.ofMinutes(1));
                Gonfalon.connect(options).close();
                String path = paths.poll(20, TimeUnit.SECONDS);
                assertEquals("/at/v1/envs/" + URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20") + "/snapshot", path);
                paths.clear();
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void noMessageHasTheToken() {
        String message = refused(new Options("http://127.0.0.1:1", "gfn_sdk_secret\n"), "no token has");
        assertFalse(message.contains("secret"), message);
        assertFalse(new Options("http://127.0.0.1:1", "gfn_sdk_secret").toString().contains("secret"));
    }

    @Test
    void aBootstrapThatIsNoSnapshotIsAnErrorAtOnce() {
        assertThrows(LoadException.class, () -> Gonfalon.connect(new Options().bootstrap(new byte[] {1, 2})));
    }

    @Test
    void aFileIsFollowed(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("flags.snapshot");
        Options options = new Options().file(file).readyWithin(Duration.ofSeconds(1)).grace(Duration.ofMillis(10)).pace(quick());
        try (Gonfalon flags = Gonfalon.connect(options)) {
            assertEquals(State.NOT_READY, flags.state());
            // Each file is put there whole: half of one would be refused, too, and counted.
            SnapshotFile.write(file, Repository.compile("flags: [{key: a, gates: [{type: boolean, enabled: true}]}]"));
            assertTrue(flags.waitReady(Duration.ofSeconds(10)));
            assertTrue(flags.enabled("a"));
            SnapshotFile.write(file, new byte[] {1, 2, 3});
            Await.until(Duration.ofSeconds(10), () -> flags.stats().refused() > 0, () -> flags.stats().toString());
            assertTrue(flags.enabled("a"), "a broken file took the flags away");
            Await.until(Duration.ofSeconds(10), () -> flags.state() == State.STALE, () -> flags.stats().toString());
            assertFalse(flags.waitReady(Duration.ofMillis(200)), "what was wrong with the file stays wrong");
            assertEquals(1, flags.stats().refused());
            assertTrue(flags.stats().lastError().isPresent());
            SnapshotFile.write(file, Repository.compile("flags: [{key: b, gates: [{type: boolean, enabled: true}]}]"));
            assertTrue(flags.waitReady(Duration.ofSeconds(10)));
            assertTrue(flags.enabled("b"));
        }
    }

    @Test
    void anyTimeMayBeAsLongAsCanBe() throws Exception {
        for (Duration time : List.of(ChronoUnit.FOREVER.getDuration(), Duration.ofNanos(Long.MAX_VALUE), Duration.ofDays(100_000))) {
            try (ControlPlane plane = new ControlPlane()) {
                plane.put("a", true);
                Options options = new Options(plane.url, plane.sdkToken());
                options.pollInterval(time).ttl(time).grace(time).readyWithin(time);
                try (Gonfalon flags = Gonfalon.connect(options)) {
                    assertTrue(flags.enabled("a"));
                    assertTrue(flags.waitReady(time));
                    plane.put("b", true);
                    assertFalse(flags.waitFor(flags.info().orElseThrow().revision() + 1, Duration.ofMillis(1500)), "it polled");
                    assertEquals(0, flags.stats().lost(), flags.stats().toString());
                }
            }
        }
    }

    private static Pace quick() {
        Pace pace = new Pace();
        pace.look = Duration.ofMillis(10);
        return pace;
    }

    private static String refused(Options options, String why) {
        String message = assertThrows(IllegalArgumentException.class, () -> Gonfalon.connect(options)).getMessage();
        assertTrue(message.contains(why), message);
        return message;
    }

    @Test
    void theVersionIsThatOfThePackage() {
        assertTrue(Repository.text("hostsdk/java/sdk/pom.xml").contains("<version>" + Version.VERSION + "</version>"));
    }
}

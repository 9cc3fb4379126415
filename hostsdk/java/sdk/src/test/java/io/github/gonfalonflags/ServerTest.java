package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main flow against the real control plane. */
class ServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private ControlPlane plane;

    @BeforeEach
    void start() throws Exception {
        plane = new ControlPlane();
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
    }

    @Test
    void aChangeArrivesByTheStream() throws Exception {
        plane.put("new_checkout", false);
        try (Gonfalon flags = Gonfalon.connect(plane.url, plane.sdkToken())) {
            assertEquals(State.READY, flags.state());
            assertFalse(flags.enabled("new_checkout"));
            BlockingQueue<Event> events = new LinkedBlockingQueue<>();
            flags.subscribe(events::add);
            long revision = plane.put("new_checkout", true);
            assertTrue(flags.waitFor(revision, PATIENCE));
            assertTrue(flags.enabled("new_checkout"));
            FlagsChanged change = (FlagsChanged) events.poll(10, TimeUnit.SECONDS);
            assertEquals(Set.of("new_checkout"), change.flags());
            assertEquals(revision, change.revision());
            assertFalse(flags.waitFor(revision + 1, Duration.ofMillis(20)));
        }
    }

    @Test
    void aPollSeesAChange() throws Exception {
        plane.put("new_checkout", false);
        Options options = new Options(plane.url, plane.sdkToken()).pollInterval(Duration.ofMillis(50));
        try (Gonfalon flags = Gonfalon.connect(options)) {
            assertTrue(flags.waitReady(PATIENCE));
            assertTrue(flags.waitFor(plane.put("new_checkout", true), PATIENCE));
            assertTrue(flags.enabled("new_checkout"));
        }
    }

    @Test
    void usageArrives() throws Exception {
        plane.put("new_checkout", true);
        Pace pace = new Pace();
        pace.farewell = Duration.ofSeconds(20);
        try (Gonfalon flags = Gonfalon.connect(new Options(plane.url, plane.sdkToken()).pace(pace))) {
            for (int i = 0; i < 7; i++) {
                assertTrue(flags.enabled("new_checkout", "user:" + i));
            }
            assertTrue(flags.flush());
            String usage = plane.ask("GET", "/envs/default/flags/new_checkout/usage", "").toString();
            assertTrue(usage.contains("on=7, off=0"), usage);
            Map<String, Object> hosts = plane.ask("GET", "/envs/default/hosts", "");
            assertTrue(hosts.toString().contains("sdk=java"), hosts.toString());
        }
        Map<String, Object> hosts = plane.ask("GET", "/envs/default/hosts", "");
        assertFalse(hosts.toString().contains("sdk=java"), "the host is still there: " + hosts);
    }

    @Test
    void theLastGoodSnapshotServesWhileTheServerIsDown(@TempDir Path folder) throws Exception {
        Path kept = folder.resolve("flags/last.snapshot");
        plane.put("new_checkout", true);
        String token = plane.sdkToken();
        try (Gonfalon flags = Gonfalon.connect(new Options(plane.url, token).lastGood(kept))) {
            assertTrue(flags.enabled("new_checkout"));
            Await.until(PATIENCE, () -> Files.exists(kept), () -> "nothing is kept");
        }
        plane.stop();
        try (Gonfalon flags = Gonfalon.connect(new Options(plane.url, token).lastGood(kept))) {
            assertTrue(flags.enabled("new_checkout"));
            assertEquals(State.STALE, flags.state());
        }
        Files.write(kept, new byte[] {1, 2, 3});
        try (Gonfalon flags = Gonfalon.connect(new Options(plane.url, token).lastGood(kept).readyWithin(Duration.ZERO))) {
            assertEquals(State.NOT_READY, flags.state());
            assertTrue(flags.enabled("new_checkout", null, true));
        }
    }

    @Test
    void aRefusedTokenIsAnErrorAtOnce() {
        long begin = System.nanoTime();
        try (Gonfalon flags = Gonfalon.connect(new Options(plane.url, "gfn_sdk_wrong").readyWithin(Duration.ofMinutes(1)))) {
            assertEquals(State.ERROR, flags.state());
            assertTrue(flags.stats().lastError().orElse("").contains("401"), flags.stats().toString());
            assertFalse(flags.stats().toString().contains("gfn_sdk_wrong"));
        }
        assertTrue(System.nanoTime() - begin < 30_000_000_000L, "it waited for a refused token");
    }
}

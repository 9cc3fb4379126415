package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StatusTest {
    @Test
    void everyChangeOfStateIsAnEvent() {
        Status status = new Status(null, Runnable::run);
        List<String> told = new ArrayList<>();
        status.subscribe(event -> told.add(event.toString()));
        status.refused("401");
        status.contact();
        status.failed("away");
        assertEquals(State.READY, status.state(), "a reconnect is no event");
        status.lost("away");
        status.contact();
        assertEquals(List.of("ERROR, was NOT_READY: 401", "READY, was ERROR", "STALE, was READY: away", "READY, was STALE"), told);
    }

    @Test
    void aListenerThatThrowsHarmsNobody() {
        Status status = new Status(null, Runnable::run);
        List<Event> told = new ArrayList<>();
        status.subscribe(event -> {
            throw new IllegalStateException("mine");
        });
        Subscription second = status.subscribe(told::add);
        status.loaded();
        second.close();
        status.contact();
        assertEquals(1, told.size());
        assertTrue(status.heard());
    }

    @Test
    void aSourceThatSaysNothingIsStaleAfterTheTimeToLive() throws Exception {
        try (ControlPlane plane = new ControlPlane()) {
            plane.put("a", true);
            Options options = new Options(plane.url, plane.sdkToken())
                    .ttl(Duration.ofMillis(300))
                    .grace(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50));
            try (Gonfalon flags = Gonfalon.connect(options)) {
                BlockingQueue<State> states = new LinkedBlockingQueue<>();
                flags.subscribe(event -> states.add(((StateChanged) event).state()));
                assertTrue(flags.waitReady(Duration.ofSeconds(10)));
                plane.stop();
                Await.until(Duration.ofSeconds(10), () -> states.contains(State.STALE), () -> flags.stats().toString());
                assertTrue(flags.enabled("a"));
            }
        }
    }

    @Test
    void aLostSourceIsStaleAfterTheGrace() throws Exception {
        try (ControlPlane plane = new ControlPlane()) {
            plane.put("a", true);
            Options options = new Options(plane.url, plane.sdkToken()).grace(Duration.ofMillis(100));
            try (Gonfalon flags = Gonfalon.connect(options)) {
                plane.stop();
                Await.until(Duration.ofSeconds(10), () -> flags.state() == State.STALE, () -> flags.stats().toString());
                assertFalse(flags.stats().lastError().isEmpty());
                assertTrue(flags.enabled("a"));
            }
        }
    }

    @Test
    void aClosedClientKeepsAnswering() throws Exception {
        try (ControlPlane plane = new ControlPlane()) {
            plane.put("a", true);
            Gonfalon flags = Gonfalon.connect(plane.url, plane.sdkToken());
            CountDownLatch closed = new CountDownLatch(1);
            flags.subscribe(event -> {
                flags.close();
                closed.countDown();
            });
            plane.put("b", true);
            assertTrue(closed.await(10, TimeUnit.SECONDS), () -> flags.stats().toString());
            assertTrue(flags.enabled("b"));
            flags.close();
            assertFalse(flags.waitFor(Long.MAX_VALUE, Duration.ofSeconds(60)), "it waited for a closed client");
            assertTrue(flags.enabled("a"));
            assertFalse(flags.flush());
        }
    }
}

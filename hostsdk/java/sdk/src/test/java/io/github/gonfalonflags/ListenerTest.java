package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ListenerTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Status status = new Status(null, Listener.THREADS);
    private final CountDownLatch over = new CountDownLatch(1); // until then a listener that waits for it blocks

    private void block(Event event) {
        try {
            over.await();
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aListenerThatBlocksKeepsNobodyWaiting() throws Exception {
        BlockingQueue<Event> heard = new LinkedBlockingQueue<>();
        status.subscribe(this::block);
        status.subscribe(heard::add);
        assertTimeoutPreemptively(SOON, () -> {
            status.contact();
            assertEquals(State.READY, status.state());
            status.lost("away");
            assertEquals(State.STALE, status.state());
            assertEquals(State.READY, ((StateChanged) heard.take()).state());
            assertEquals(State.STALE, ((StateChanged) heard.take()).state());
        });
        over.countDown();
    }

    @Test
    void aClientGoesOnWhileAListenerBlocks() throws Exception {
        try (ControlPlane plane = new ControlPlane()) {
            plane.put("a", true);
            try (Gonfalon flags = Gonfalon.connect(plane.url, plane.sdkToken())) {
                flags.subscribe(this::block);
                assertTrue(flags.waitFor(plane.put("b", true), SOON));
                assertTrue(flags.waitFor(plane.put("c", true), SOON));
                assertTrue(flags.enabled("b") && flags.enabled("c"));
                assertTimeoutPreemptively(SOON, flags::close);
            }
        } finally {
            over.countDown();
        }
    }

    @Test
    void aListenerThatThrowsHearsWhatFollows() throws Exception {
        BlockingQueue<Event> heard = new LinkedBlockingQueue<>();
        status.subscribe(event -> {
            heard.add(event);
            throw new AssertionError("mine");
        });
        status.contact();
        status.lost("away");
        assertEquals(State.READY, ((StateChanged) heard.poll(20, TimeUnit.SECONDS)).state());
        assertEquals(State.STALE, ((StateChanged) heard.poll(20, TimeUnit.SECONDS)).state());
    }

    @Test
    void aListenerThatIsLateMissesSomeAndIsToldOfOnce() throws Exception {
        Semaphore heard = new Semaphore(0);
        CountDownLatch first = new CountDownLatch(1);
        status.subscribe(event -> {
            first.countDown();
            block(event);
            heard.release();
        });
        try (LogLines log = new LogLines()) {
            status.refused("401");
            assertTrue(first.await(20, TimeUnit.SECONDS));
            for (int i = 0; i < 2 * Listener.MOST; i++) {
                status.emit(new StateChanged(State.READY, State.STALE, null));
            }
            assertEquals(1, log.lines.stream().filter(line -> line.contains("misses some")).count(), log.lines.toString());
        }
        over.countDown();
        assertTrue(heard.tryAcquire(Listener.MOST + 1, 20, TimeUnit.SECONDS));
        assertEquals(0, heard.availablePermits());
    }

    @Test
    void anEndedSubscriptionHearsNoMore() throws Exception {
        List<Event> heard = new ArrayList<>();
        CountDownLatch first = new CountDownLatch(1);
        Subscription ended = status.subscribe(event -> {
            heard.add(event);
            first.countDown();
            block(event);
        });
        BlockingQueue<Event> other = new LinkedBlockingQueue<>();
        status.contact();
        assertTrue(first.await(20, TimeUnit.SECONDS));
        status.lost("away");
        ended.close();
        over.countDown();
        status.subscribe(other::add);
        status.contact();
        assertEquals(State.READY, ((StateChanged) other.poll(20, TimeUnit.SECONDS)).state());
        assertEquals(1, heard.size());
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A control plane with a snapshot. */
    private static final class Plane implements AutoCloseable {
        private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final BlockingQueue<Map<String, Object>> hosts = new LinkedBlockingQueue<>(); // which have told
        private volatile Duration takes = Duration.ZERO; // of an answer to a report
        private volatile int status = 204;

        Plane(String document) throws IOException {
            byte[] snapshot = Repository.compile(document);
            server.setExecutor(threads);
            server.createContext("/v1/envs/default/snapshot", request -> {
                request.sendResponseHeaders(200, snapshot.length);
                request.getResponseBody().write(snapshot);
                request.close();
            });
            server.createContext("/v1/envs/default/usage", request -> {
                String report = new String(request.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                long millis = takes.toMillis(); // as of now: a test changes it once the report is there
                hosts.add(Payload.object(Payload.object(Json.read(report)).get("host")));
                try {
                    Thread.sleep(millis);
                } catch (InterruptedException end) {
                    Thread.currentThread().interrupt();
                }
                request.sendResponseHeaders(status, -1);
                request.close();
            });
            server.start();
        }

        Gonfalon client(Pace pace) {
            Options options = new Options("http://127.0.0.1:" + server.getAddress().getPort(), "token");
            return Gonfalon.connect(options.pollInterval(Duration.ofHours(1)).pace(pace));
        }

        @Override
        public void close() {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatIsClosedWhileItsFirstReportIsUnderWaySaysGoodbye(boolean asked) throws Exception {
        Pace pace = new Pace();
        pace.telling = asked ? Duration.ofHours(1) : Duration.ZERO;
        pace.timeout = PATIENCE.multipliedBy(6);
        pace.farewell = PATIENCE.dividedBy(2);
        try (Plane plane = new Plane("flags: [{key: a}]")) {
            plane.takes = pace.timeout;
            Gonfalon flags = plane.client(pace);
            if (asked) {
                CompletableFuture.runAsync(flags::flush);
            }
            Map<String, Object> first = plane.hosts.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertNull(first.get("gone"));
            plane.takes = Duration.ZERO;
            assertTimeoutPreemptively(PATIENCE, flags::close);
            Map<String, Object> last = plane.hosts.poll();
            assertNotNull(last);
            assertEquals(Map.of("id", first.get("id"), "gone", true), Map.of("id", last.get("id"), "gone", last.get("gone")));
        }
    }

    /** Another revision serves while the program's own report is under way, which doesn't name it. */
    @Test
    void whatComesToServeDuringAReportIsToldAfterIt() throws Exception {
        Pace pace = new Pace();
        pace.telling = Duration.ofMillis(500);
        try (Plane plane = new Plane("flags: [{key: a}]")) {
            plane.takes = Duration.ofSeconds(1);
            try (Gonfalon flags = plane.client(pace)) {
                assertTrue(flags.flush());
                assertNotNull(plane.hosts.poll());
                assertNotNull(plane.hosts.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 500})
    void aClientWhoseReportsHaveFailedLeavesInSilence(int status) throws Exception {
        Pace pace = new Pace();
        pace.telling = Duration.ofHours(1);
        try (Plane plane = new Plane("flags: [{key: a}]")) {
            plane.status = status;
            Gonfalon flags = plane.client(pace);
            assertFalse(flags.flush());
            flags.close();
            assertEquals(1, plane.hosts.size());
        }
    }

    @Test
    void theLastReportTakesNoLongerThanItMay() throws Exception {
        StringBuilder document = new StringBuilder("flags:\n");
        for (int i = 0; i < 20_000; i++) {
            document.append("- {key: f").append(i).append("}\n");
        }
        Pace pace = new Pace();
        pace.farewell = Duration.ofSeconds(1);
        try (Plane plane = new Plane(document.toString())) {
            plane.takes = Duration.ofMillis(700);
            Gonfalon flags = plane.client(pace);
            assertEquals(20_000, flags.decideAll("u").size()); // of which a report takes a thousand
            assertTimeoutPreemptively(PATIENCE, flags::close);
        }
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class HostTest {
    @Test
    void theLastReportTakesNoLongerThanItMay() throws Exception {
        StringBuilder document = new StringBuilder("flags:\n");
        for (int i = 0; i < 20_000; i++) {
            document.append("- {key: f").append(i).append("}\n");
        }
        byte[] snapshot = Repository.compile(document.toString());
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/v1/envs/default/snapshot", request -> {
            request.sendResponseHeaders(200, snapshot.length);
            request.getResponseBody().write(snapshot);
            request.close();
        });
        server.createContext("/v1/envs/default/usage", request -> {
            request.getRequestBody().readAllBytes();
            try {
                Thread.sleep(700);
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
            request.sendResponseHeaders(204, -1);
            request.close();
        });
        server.start();
        try {
            Pace pace = new Pace();
            pace.farewell = Duration.ofSeconds(1);
            Options options = new Options("http://127.0.0.1:" + server.getAddress().getPort(), "token");
            Gonfalon flags = Gonfalon.connect(options.pollInterval(Duration.ofHours(1)).pace(pace));
            assertEquals(20_000, flags.decideAll("u").size()); // of which a report takes a thousand
            assertTimeoutPreemptively(Duration.ofSeconds(10), flags::close);
        } finally {
            server.stop(0);
        }
    }
}

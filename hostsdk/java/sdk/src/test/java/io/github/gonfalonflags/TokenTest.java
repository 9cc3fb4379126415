package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A server that says the token, wherever it can, doesn't get it into the log or the figures. */
class TokenTest {
    private static final String TOKEN = "gfn_sdk_hushhush/42";

    private static Map<String, String> answers() {
        String percent = TOKEN.replace("/", "%2f").replace("_", "%5F");
        String base64 = Base64.getEncoder().encodeToString(TOKEN.getBytes(StandardCharsets.UTF_8));
        Map<String, String> answers = new LinkedHashMap<>();
        for (String said : List.of(TOKEN, percent, base64, TOKEN.toUpperCase(Locale.ROOT), "x".repeat(490) + TOKEN)) {
            answers.put("the body says " + said, problem(said));
        }
        answers.put("the body says it in escapes", problem(TOKEN.replace("h", "\\u0068")));
        answers.put("the status line", "HTTP/1.1 401 " + TOKEN + "\r\nContent-Length: 0\r\n\r\n");
        answers.put("no status line", TOKEN + "\r\n\r\n");
        answers.put("a broken status line", "HTTP/1.1 " + TOKEN + "\r\n\r\n");
        answers.put("the type", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/" + TOKEN + "\r\n\r\n");
        answers.put("the encoding", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: " + TOKEN + "\r\n\r\n");
        answers.put("a header's name", "HTTP/1.1 200 OK\r\n" + TOKEN + "\r\n\r\n");
        answers.put("a length", "HTTP/1.1 200 OK\r\nContent-Length: " + TOKEN + "\r\n\r\n");
        answers.put("a redirect", "HTTP/1.1 307 No\r\nContent-Length: 0\r\nLocation: http://a/" + TOKEN + "\r\n\r\n");
        answers.put("a redirect's host", "HTTP/1.1 307 No\r\nContent-Length: 0\r\nLocation: http://[" + TOKEN + "\r\n\r\n");
        answers.put("a chunk", "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n" + TOKEN + "\r\n");
        return answers;
    }

    private static String problem(String detail) {
        String body = "{\"title\": \"No\", \"detail\": \"the token " + detail + " is not known\"}";
        return "HTTP/1.1 401 No\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @TestFactory
    List<DynamicTest> noAnswerShowsIt() {
        List<DynamicTest> tests = new ArrayList<>();
        answers().forEach((what, answer) -> tests.add(dynamicTest(what, () -> {
            String all;
            try (LogLines log = new LogLines();
                    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
                Thread serving = new Thread(() -> serve(server, answer));
                serving.setDaemon(true);
                serving.start();
                Options options = new Options("http://127.0.0.1:" + server.getLocalPort(), TOKEN).readyWithin(Duration.ZERO);
                try (Gonfalon flags = Gonfalon.connect(options)) {
                    Await.until(Duration.ofSeconds(10), () -> flags.stats().lost() > 0, () -> flags.stats().toString());
                    flags.flush();
                    assertNotNull(flags.stats().lastError().orElse(null));
                    all = flags.stats().toString();
                }
                all = (all + log.lines).toLowerCase(Locale.ROOT);
            }
            assertFalse(all.contains("hushhush"), all);
            assertFalse(all.contains(Base64.getEncoder().encodeToString(TOKEN.getBytes(StandardCharsets.UTF_8))
                    .toLowerCase(Locale.ROOT).substring(0, 16)), all);
        })));
        return tests;
    }

    @Test
    void noEnvironmentOfASnapshotShowsIt() throws Exception {
        byte[] snapshot = Repository.compile("flags: []", "gfn_sdk_hushhush");
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.write(("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + snapshot.length + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        answer.write(snapshot);
        try (LogLines log = new LogLines();
                ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread serving = new Thread(() -> serve(server, answer.toByteArray()));
            serving.setDaemon(true);
            serving.start();
            Options options = new Options("http://127.0.0.1:" + server.getLocalPort(), "gfn_sdk_hushhush")
                    .pollInterval(Duration.ofHours(1))
                    .readyWithin(Duration.ZERO);
            try (Gonfalon flags = Gonfalon.connect(options)) {
                Await.until(Duration.ofSeconds(10), () -> flags.stats().lastError().isPresent(), () -> flags.stats().toString());
                String all = flags.stats().toString() + log.lines;
                assertTrue(all.contains("a snapshot of environment [token], not of default"), all);
                assertFalse(all.contains("hushhush"), all);
            }
        }
    }

    private static void serve(ServerSocket server, String answer) {
        serve(server, answer.getBytes(StandardCharsets.UTF_8));
    }

    private static void serve(ServerSocket server, byte[] answer) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                    // The request itself doesn't matter.
                }
                client.getOutputStream().write(answer);
            } catch (IOException gone) {
                // The client went away, or the test has ended.
            }
        }
    }
}

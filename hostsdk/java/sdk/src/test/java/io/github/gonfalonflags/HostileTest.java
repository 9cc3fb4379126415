package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Follows servers that misbehave, as every SDK does. */
class HostileTest {
    @TestFactory
    List<DynamicTest> servers() {
        String listed = Repository.run(Repository.ROOT, Repository.contract().toString(), "hostile");
        List<DynamicTest> tests = new ArrayList<>();
        for (Map<String, Object> one : Repository.objects(Json.read(listed))) {
            for (Object source : (List<?>) one.get("sources")) {
                tests.add(dynamicTest(one.get("name") + " by " + source, () -> follow(one, (String) source)));
            }
        }
        assertFalse(tests.isEmpty());
        return tests;
    }

    private static void follow(Map<String, Object> one, String source) throws Exception {
        String name = (String) one.get("name");
        List<?> states = (List<?>) one.get("states");
        System.gc();
        long before = used();
        try (Folder folder = new Folder();
                Program server = new Program(List.of(Repository.contract().toString(), "hostile", name,
                        folder.resolve("authority.pem").toString()))) {
            String url = server.output.readLine();
            Options options = new Options(url, "token").readyWithin(Duration.ZERO).pace(quick());
            if (source.equals("poll")) {
                options.pollInterval(Duration.ofMillis(50));
            }
            if (name.startsWith("certificate-") && !name.equals("certificate-unknown")) {
                options.tls(trusting(folder.resolve("authority.pem")));
            }
            try (Gonfalon flags = Gonfalon.connect(options)) {
                boolean ready = states.contains("READY");
                Duration within = seconds(one, "within_seconds");
                Await.until(within,
                        () -> states.contains(flags.state().name()) && (ready || flags.stats().lost() + flags.stats().refused() > 0),
                        () -> flags.stats() + " is none of " + states);
                // One that polls where no stream can be had is STALE now and then.
                assertEquals(Set.of(State.READY, State.STALE).contains(flags.state()), flags.enabled("a", null));
                if (!name.startsWith("certificate-")) {
                    ask(url + "/hostile/check");
                    long mended = ((Number) one.get("mended_within_seconds")).longValue();
                    if (mended > 0 && mended < 60) { // what asks for five minutes gets them
                        ask(url + "/hostile/mend");
                        Await.until(Duration.ofSeconds(mended), () -> flags.state() == State.READY, () -> flags.stats().toString());
                        assertTrue(flags.enabled("a", null));
                    }
                }
            }
        }
        System.gc();
        long grown = used() - before >> 20;
        assertFalse(grown > ((Number) one.get("memory_mb")).longValue(), "the heap grew by " + grown + " MB");
    }

    @Test
    void anErrorThatComesSlowlyIsNotWaitedFor() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread serving = new Thread(() -> drip(server));
            serving.setDaemon(true);
            serving.start();
            Pace pace = quick();
            pace.silence = Duration.ofSeconds(60);
            pace.timeout = Duration.ofMillis(500);
            Options options = new Options("http://127.0.0.1:" + server.getLocalPort(), "token").readyWithin(Duration.ZERO).pace(pace);
            try (Gonfalon flags = Gonfalon.connect(options)) {
                Await.until(Duration.ofSeconds(10), () -> flags.stats().lost() > 1, () -> flags.stats().toString());
            }
        }
    }

    /** Answers with an error whose body never ends. */
    private static void drip(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                new Thread(() -> {
                    try (client) {
                        client.getOutputStream().write("HTTP/1.1 500 No\r\nContent-Type: application/problem+json\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                        while (true) {
                            client.getOutputStream().write('[');
                            Thread.sleep(50);
                        }
                    } catch (IOException | InterruptedException gone) {
                        // The client went away.
                    }
                }).start();
            } catch (IOException end) {
                return;
            }
        }
    }

    private static Pace quick() {
        Pace pace = new Pace();
        pace.backoff = Duration.ofMillis(20);
        pace.longest = Duration.ofMillis(100);
        pace.silence = Duration.ofSeconds(2);
        pace.timeout = Duration.ofSeconds(2);
        pace.patience = Duration.ofSeconds(4);
        return pace;
    }

    private static void ask(String url) throws Exception {
        HttpResponse<byte[]> answer = Program.ask("POST", url, null, "");
        assertEquals(2, answer.statusCode() / 100, new String(answer.body(), StandardCharsets.UTF_8));
    }

    private static Duration seconds(Map<String, Object> one, String member) {
        return Duration.ofSeconds(((Number) one.get(member)).longValue());
    }

    private static long used() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    static SSLContext trusting(Path authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            trusted.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}

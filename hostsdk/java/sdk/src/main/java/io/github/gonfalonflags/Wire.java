package io.github.gonfalonflags;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/** One environment of one server: the requests that hostsdk/README.md lists. */
final class Wire {
    static final Duration RETRY_AFTER = Duration.ofMinutes(5); // a server can't send its clients away for longer
    static final int USAGE_FLAGS = 1000; // a request

    private static final String FORMATS = "?formats=1"; // so that a newer server writes what this SDK reads
    private static final String SUPERSEDES = "X-Gonfalon-Supersedes";
    private static final int REDIRECTS = 5;
    private static final int PROBLEM_BYTES = 4096;
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final HttpClient http;
    private final URI environment;
    private final String token;
    private final Secret secret;
    private final Pace pace;

    Wire(Options options, String environment) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER) // the token goes along: see ask
                .connectTimeout(options.pace.timeout);
        if (options.tls != null) {
            builder.sslContext(options.tls);
        }
        http = builder.build();
        String segment = URLEncoder.encode(environment, StandardCharsets.UTF_8).replace("+", "%20");
        this.environment = URI.create(options.endpoint.replaceAll("/+$", "") + "/v1/envs/" + segment + "/");
        token = options.token;
        secret = new Secret(token);
        pace = options.pace;
    }

    /** Returns what an error says, without the token, which a server or a library may repeat. It is cut after that, not before. */
    String shown(Throwable error) {
        boolean ours = error instanceof WireException || error instanceof FrameException;
        return Log.cut(secret.hide(ours ? error.getMessage() : Log.said(error)));
    }

    /** What a poll is answered with. */
    static final class Snapshot {
        final byte[] data; // null: what the client has
        final String supersedes; // the position that it supersedes; null: none

        Snapshot(byte[] data, String supersedes) {
            this.data = data;
            this.supersedes = supersedes;
        }
    }

    /** The events of a stream, and the position that the first snapshot supersedes. */
    static final class Stream implements AutoCloseable {
        final EventStream events;
        final String supersedes;

        Stream(EventStream events, String supersedes) {
            this.events = events;
            this.supersedes = supersedes;
        }

        @Override
        public void close() throws IOException {
            events.close();
        }
    }

    /** Returns the current snapshot, unless it is the one that is known (null: none is). */
    Snapshot snapshot(SnapshotInfo known) throws IOException, InterruptedException {
        HttpRequest.Builder request = request("snapshot" + FORMATS, pace.timeout).header("Accept-Encoding", "gzip");
        if (known != null) {
            request.header("If-None-Match", '"' + known.id() + '"').header("X-Gonfalon-Position", known.position());
        }
        HttpResponse<Body> answer = ask(request.build(), pace.timeout, pace.patience);
        try (InputStream body = decoded(answer)) {
            String supersedes = answer.headers().firstValue(SUPERSEDES).orElse(null);
            if (answer.statusCode() == 304 && known != null) {
                return new Snapshot(null, supersedes);
            }
            check(answer, body);
            byte[] data = body.readNBytes(Instance.MAX_SNAPSHOT_BYTES + 1);
            if (data.length > Instance.MAX_SNAPSHOT_BYTES) {
                throw WireException.unreadable("a snapshot of more than " + Instance.MAX_SNAPSHOT_BYTES + " bytes");
            }
            return new Snapshot(data, supersedes);
        }
    }

    /** Opens the stream from a position on; null: from a snapshot on. */
    Stream stream(String position) throws IOException, InterruptedException {
        HttpRequest.Builder request = request("stream" + FORMATS, pace.silence)
                .header("Accept", "text/event-stream")
                .header("Cache-Control", "no-store");
        if (position != null) {
            request.header("Last-Event-ID", position);
        }
        HttpResponse<Body> answer = ask(request.build(), pace.silence, pace.timeout); // of what comes before the events
        try {
            InputStream body = decoded(answer);
            check(answer, body);
            String kind = answer.headers().firstValue("Content-Type").orElse("of no type");
            if (!kind.split(";", 2)[0].strip().equalsIgnoreCase("text/event-stream")) {
                throw WireException.unreadable("the stream is " + kind + ", not text/event-stream");
            }
            answer.body().endIn(FOR_EVER);
            return new Stream(new EventStream(body), answer.headers().firstValue(SUPERSEDES).orElse(null));
        } catch (IOException error) {
            answer.body().close();
            throw error;
        }
    }

    /** Reports at most USAGE_FLAGS flags, and the host; null: only what older servers know. */
    void usage(Map<String, Usage> counts, Map<String, Object> host, Duration longest) throws IOException, InterruptedException {
        Map<String, Object> flags = new LinkedHashMap<>();
        counts.forEach((key, count) -> {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("count", count.count);
            about.put("last", Values.moment(Instant.ofEpochSecond(
                    Math.floorDiv(count.last, 1_000_000L), Math.floorMod(count.last, 1_000_000L) * 1000)));
            if (host != null) {
                about.put("on", count.on);
            }
            flags.put(key, about);
        });
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("flags", flags);
        if (host != null) {
            report.put("host", host);
        }
        HttpRequest request = request("usage", longest)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(Json.write(report)))
                .build();
        HttpResponse<Body> answer = ask(request, longest, longest);
        try (InputStream body = decoded(answer)) {
            check(answer, body);
        }
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(environment.resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + token)
                .header("User-Agent", "gonfalon-java/" + Version.VERSION);
    }

    /** Sends a request. Redirects are followed within the endpoint's origin only: the token goes along. */
    private HttpResponse<Body> ask(HttpRequest request, Duration silence, Duration whole)
            throws IOException, InterruptedException {
        HttpRequest next = request;
        for (int i = 0; i <= REDIRECTS; i++) {
            HttpResponse<Body> answer = http.send(next, about -> new Body(silence, whole));
            Optional<String> location = answer.headers().firstValue("Location");
            if (!isRedirect(answer.statusCode(), request.method()) || location.isEmpty()) {
                return answer;
            }
            answer.body().close();
            URI to = target(next.uri(), location.get());
            if (!origin(to).equals(origin(environment))) {
                throw new WireException(
                        answer.statusCode() + " redirects to " + origin(to) + ", another origin", answer.statusCode(), null);
            }
            next = redirected(request, to);
        }
        throw new WireException("more than " + REDIRECTS + " redirects");
    }

    private static boolean isRedirect(int status, String method) {
        return status == 307 || status == 308 || method.equals("GET") && Set.of(301, 302, 303).contains(status);
    }

    private static URI target(URI from, String location) throws WireException {
        try {
            URI to = from.resolve(location);
            if (to.getHost() != null && to.getScheme() != null) {
                return to;
            }
        } catch (IllegalArgumentException unreadable) {
            // It is reported below.
        }
        throw new WireException("a redirect to no address");
    }

    private static HttpRequest redirected(HttpRequest request, URI to) {
        HttpRequest.Builder again = HttpRequest.newBuilder(to);
        request.timeout().ifPresent(again::timeout);
        request.headers().map().forEach((name, values) -> values.forEach(value -> again.header(name, value)));
        return again.method(request.method(), request.bodyPublisher().orElse(BodyPublishers.noBody())).build();
    }

    private static String origin(URI uri) {
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        return (uri.getScheme() + "://" + uri.getHost() + ":" + port).toLowerCase(Locale.ROOT);
    }

    /** Unpacks a body. What was packed in another way than asked for is refused: of a body that is packed twice, a few bytes fill
     * the memory. */
    private static InputStream decoded(HttpResponse<Body> answer) throws IOException {
        String encoding = answer.headers().firstValue("Content-Encoding").orElse("identity").strip();
        if (encoding.isEmpty() || encoding.equalsIgnoreCase("identity") || answer.statusCode() == 304) {
            return answer.body();
        }
        if (!encoding.equalsIgnoreCase("gzip") || answer.headers().allValues("Content-Encoding").size() > 1) {
            answer.body().close();
            throw WireException.unreadable("an answer in the encoding " + encoding + ", not in gzip");
        }
        try {
            return new GZIPInputStream(answer.body());
        } catch (IOException error) {
            answer.body().close();
            throw error;
        }
    }

    private static void check(HttpResponse<?> answer, InputStream body) throws IOException {
        int status = answer.statusCode();
        if (status >= 200 && status < 300) {
            return;
        }
        String title = title(body);
        throw new WireException(title.isEmpty() ? "status " + status : status + " " + title, status, retryAfter(answer));
    }

    /** Returns what a problem document says; empty if it isn't one. */
    private static String title(InputStream body) {
        try {
            Map<String, Object> document =
                    Payload.object(Json.read(new String(body.readNBytes(PROBLEM_BYTES), StandardCharsets.UTF_8)));
            List<String> words = new ArrayList<>();
            for (String member : List.of("title", "detail")) {
                if (document != null && document.get(member) instanceof String) {
                    words.add((String) document.get(member));
                }
            }
            return String.join(": ", words);
        } catch (IOException | IllegalArgumentException unreadable) {
            return "";
        }
    }

    private static Duration retryAfter(HttpResponse<?> answer) {
        String value = answer.headers().firstValue("Retry-After").orElse("").strip();
        if (answer.statusCode() != 429 && answer.statusCode() != 503 || value.isEmpty()) {
            return null;
        }
        Duration asked;
        try {
            asked = value.chars().allMatch(c -> c >= '0' && c <= '9')
                    ? Duration.ofSeconds(Long.parseLong(value.substring(0, Math.min(9, value.length()))))
                    : Duration.between(
                            Instant.now(), ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
        } catch (DateTimeException unreadable) {
            return null;
        }
        return asked.isNegative() ? Duration.ZERO : asked.compareTo(RETRY_AFTER) > 0 ? RETRY_AFTER : asked;
    }
}

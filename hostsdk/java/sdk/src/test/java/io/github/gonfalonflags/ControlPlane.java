package io.github.gonfalonflags;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running gonfalon, with a token for SDKs. */
final class ControlPlane implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("(https?://[^/\\s]+)/v1");
    private static final Pattern TOKEN = Pattern.compile("gfn_admin_\\S+");

    final String url;
    private final String admin;
    private final Folder folder = new Folder();
    private final Program program;

    ControlPlane() throws IOException {
        program = new Program(List.of(Repository.gonfalon().toString(), "serve", "--data-dir", folder.resolve("data").toString(),
                "--listen", "127.0.0.1:0", "--seed=false", "--log-level", "error"));
        String address = null;
        String token = null;
        while (address == null || token == null) {
            String line = program.output.readLine();
            if (line == null) {
                throw new IOException("gonfalon ended before it was ready");
            }
            Matcher found = ADDRESS.matcher(line);
            address = address == null && found.find() ? found.group(1) : address;
            found = TOKEN.matcher(line);
            token = token == null && found.find() ? found.group() : token;
        }
        url = address;
        admin = token;
    }

    Map<String, Object> ask(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = Program.ask(method, url + "/v1" + path, admin, body);
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        if (answer.statusCode() / 100 != 2) {
            throw new AssertionError(method + " " + path + ": " + answer.statusCode() + " " + text);
        }
        return text.isEmpty() ? Map.of() : Payload.object(Json.read(text));
    }

    /** Writes a flag that is on or off, and returns the revision. */
    long put(String key, boolean on) throws IOException, InterruptedException {
        String gates = "{\"gates\": [{\"type\": \"boolean\", \"enabled\": " + on + "}]}";
        return ((Number) ask("PUT", "/envs/default/flags/" + key, gates).get("revision")).longValue();
    }

    String sdkToken() throws IOException, InterruptedException {
        return (String) ask("POST", "/tokens", "{\"name\": \"java\", \"role\": \"sdk\", \"envs\": [\"default\"]}").get("token");
    }

    /** Stops it before its time. */
    void stop() throws IOException {
        program.close();
    }

    @Override
    public void close() throws IOException {
        program.close();
        folder.close();
    }
}

package io.github.gonfalonflags;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** What a client is made with. Each method returns the options themselves. */
public final class Options {
    String endpoint;
    String token;
    String environment;
    byte[] bootstrap;
    Path lastGood;
    Path file;
    Duration pollInterval;
    Duration readyWithin = Duration.ofSeconds(5);
    Duration ttl;
    Duration grace = Duration.ofSeconds(5);
    SSLContext tls;
    Pace pace = new Pace();

    /** Makes options whose source has still to be set, unless GONFALON_ENDPOINT and GONFALON_TOKEN name one. */
    public Options() {}

    /** Makes options of a server's address, and a token of role sdk. */
    public Options(String endpoint, String token) {
        this.endpoint = given(endpoint, "endpoint");
        this.token = token;
    }

    /** Sets the server's address. It is GONFALON_ENDPOINT otherwise, unless a file is set. */
    public Options endpoint(String endpoint) {
        this.endpoint = endpoint;
        return this;
    }

    /** Sets the token, of role sdk or more. It is GONFALON_TOKEN otherwise. */
    public Options token(String token) {
        this.token = token;
        return this;
    }

    /** Sets the environment, which is {@code default} otherwise. Snapshots of another one are refused. */
    public Options environment(String environment) {
        this.environment = environment;
        return this;
    }

    /** Sets a snapshot to start from. If it can't be loaded, making the client throws. */
    public Options bootstrap(byte[] snapshot) {
        bootstrap = given(snapshot, "bootstrap").clone();
        return this;
    }

    /** Sets a file with a snapshot to start from. */
    public Options bootstrap(Path path) {
        try {
            bootstrap = SnapshotFile.read(given(path, "bootstrap"));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return this;
    }

    /** Sets a file in which each snapshot from the source is kept, and found again at the next start. */
    public Options lastGood(Path path) {
        lastGood = path;
        return this;
    }

    /** Sets a snapshot file to follow instead of a server; it is read again when it changes. */
    public Options file(Path path) {
        file = path;
        return this;
    }

    /** Polls the server in this interval, instead of following its stream. */
    public Options pollInterval(Duration interval) {
        if (given(interval, "pollInterval").isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("pollInterval is " + interval + "; it must be above 0");
        }
        pollInterval = interval;
        return this;
    }

    /** Sets how long a start waits for the first snapshot: 5 s otherwise, and not at all if it is 0. */
    public Options readyWithin(Duration longest) {
        readyWithin = given(longest, "readyWithin");
        return this;
    }

    /** Sets how long the source may say nothing until the client is STALE: for ever otherwise. */
    public Options ttl(Duration longest) {
        ttl = longest;
        return this;
    }

    /** Sets how long a lost source isn't yet STALE: 5 s otherwise. */
    public Options grace(Duration longest) {
        grace = given(longest, "grace");
        return this;
    }

    /** Sets what certificates are trusted or shown: for a private authority, or a client's certificate. */
    public Options tls(SSLContext context) {
        tls = context;
        return this;
    }

    /** Sets how patient the source is, for tests. */
    Options pace(Pace pace) {
        this.pace = pace;
        return this;
    }

    private static <T> T given(T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is null");
        }
        return value;
    }

    /** Fills in what the environment says. Throws IllegalArgumentException for options that make no client. */
    void check() {
        if (endpoint == null && file == null) {
            endpoint = System.getenv("GONFALON_ENDPOINT");
        }
        if (token == null) {
            token = System.getenv("GONFALON_TOKEN");
        }
        if (endpoint == null && file == null && bootstrap == null && lastGood == null) {
            throw new IllegalArgumentException(
                    "nothing to take flags from: set endpoint and token, or file, or bootstrap, or lastGood");
        }
        if (endpoint == null) {
            return;
        }
        if (file != null) {
            throw new IllegalArgumentException("endpoint and file are two sources; set one");
        }
        if (token == null || token.isEmpty()) {
            throw new IllegalArgumentException("endpoint needs a token (or GONFALON_TOKEN)");
        }
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("the token has a character that no token has"); // and it isn't shown
        }
        Endpoint.check(endpoint);
        if (environment != null && Set.of("", ".", "..").contains(environment)) { // the path would be another one
            throw new IllegalArgumentException("no environment has the key " + Log.quoted(environment));
        }
    }

    @Override
    public String toString() {
        // Never the token, and no address that may have a secret in it.
        String server = endpoint == null || Endpoint.wrong(endpoint) == null ? endpoint : "an endpoint that is none";
        return "Options(" + (server != null ? server : file != null ? file : "no source") + ")";
    }
}

package io.github.gonfalonflags;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.OptionalDouble;

/**
 * A client: it follows an environment and keeps its newest snapshot loaded in the engine.
 *
 * <pre>{@code
 * try (Gonfalon flags = Gonfalon.connect("http://127.0.0.1:8080", token)) {
 *     if (flags.enabled("new_checkout", Context.of("user:3").inGroups("staff"))) { … }
 * }
 * }</pre>
 *
 * <p>Promises: no evaluation blocks, throws or uses the network · a frame that can't be read changes nothing · any number of
 * threads may use a client · the answers are bit for bit those of every other language's SDK.
 */
public final class Gonfalon extends Flags implements AutoCloseable {
    private final Source source; // null: what the client began with serves for good

    private Gonfalon(Options options, Store store, Status status) {
        super(store, status);
        store.start(options.bootstrap);
        source = null;
        if (store.engine() != null) {
            status.contact(); // there is nothing that could know better
        }
    }

    /** Makes a client of a server's flags; {@link #connect(Options)} has more to say. */
    public static Gonfalon connect(String endpoint, String token) {
        return connect(new Options(endpoint, token));
    }

    /**
     * Makes a client, and waits for its first snapshot as long as the options say; then the program gets its client, whatever the
     * state. A server that is down never keeps a program from starting.
     *
     * @throws IllegalArgumentException if the options make no client
     * @throws LoadException if there is a bootstrap that can't be loaded
     */
    public static Gonfalon connect(Options options) {
        options.check();
        Status status = new Status(options.ttl);
        String environment =
                options.environment == null && options.endpoint != null ? "default" : options.environment;
        return new Gonfalon(options, new Store(environment, status, options.lastGood), status);
    }

    /**
     * Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and
     * variants go by. It is empty for an actor without an id, and for nobody.
     */
    public static OptionalDouble score(String key, Object who) {
        String actor = Context.of(who).actor;
        if (actor == null) {
            return OptionalDouble.empty();
        }
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(actor.getBytes(StandardCharsets.UTF_8));
            byte[] digest = sha256.digest(Values.utf8(key));
            return OptionalDouble.of(((digest[0] & 0xff) << 8 | digest[1] & 0xff) / (double) Decision.SCORES);
        } catch (NoSuchAlgorithmException impossible) { // every Java has it
            throw new IllegalStateException(impossible);
        }
    }

    /** Ends everything but deciding. The client keeps answering from its last snapshot. */
    @Override
    public void close() {}
}

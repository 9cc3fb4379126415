package io.github.gonfalonflags;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

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
    private final Timers timers = new Timers();
    private final Source source; // null: what the client began with serves for good
    private volatile boolean closed;

    private Gonfalon(Options options, String environment, Store store, Status status) {
        super(store, status);
        store.start(options.bootstrap);
        new Edges(store, status, timers, () -> Context.micros(Instant.now()));
        if (options.endpoint != null) {
            source = new ServerSource(options, environment, store, status, timers);
        } else if (options.file != null) {
            source = new FileSource(options, store, status, timers);
        } else {
            source = null;
            if (store.engine() != null) {
                status.contact(); // there is nothing that could know better
            }
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
        if (options == null) {
            throw new IllegalArgumentException("options are null");
        }
        options.check();
        Status status = new Status(options.ttl, Listener.THREADS);
        String environment =
                options.environment == null && options.endpoint != null ? "default" : options.environment;
        Secret secret = options.endpoint == null ? Secret.NONE : new Secret(options.token);
        Gonfalon client = new Gonfalon(options, environment, new Store(environment, status, options.lastGood, secret), status);
        client.start(options.readyWithin);
        return client;
    }

    private void start(Duration readyWithin) {
        if (source == null) {
            return;
        }
        source.start();
        try {
            if (Timers.nanos(readyWithin) > 0 && !source.awaitAnswer(readyWithin)) {
                Log.warning("no flags within " + readyWithin + "; the client starts as " + state());
            }
        } catch (InterruptedException error) { // the program gets its client all the same
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until the client is READY. Returns false if that takes longer than the timeout (null: for ever), or the client is closed.
     */
    public boolean waitReady(Duration timeout) throws InterruptedException {
        return until(() -> state() == State.READY, timeout);
    }

    /**
     * Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns false
     * if that takes longer than the timeout (null: for ever), or the client is closed.
     */
    public boolean waitFor(long revision, Duration timeout) throws InterruptedException {
        return until(() -> info().isPresent() && info().get().revision() >= revision, timeout);
    }

    private boolean until(BooleanSupplier holds, Duration timeout) throws InterruptedException {
        CountDownLatch woken = new CountDownLatch(1);
        Runnable look = () -> {
            if (closed || holds.getAsBoolean()) {
                woken.countDown();
            }
        };
        Subscription states = status.watch(look);
        Subscription snapshots = store.watch(look);
        try {
            look.run();
            if (timeout == null) {
                woken.await();
            } else {
                woken.await(Timers.nanos(timeout), TimeUnit.NANOSECONDS);
            }
            return holds.getAsBoolean();
        } finally {
            states.close();
            snapshots.close();
        }
    }

    /** Reports usage now. Returns false if it can't be delivered; it then goes into the next report. */
    public boolean flush() {
        return source != null && !closed && source.report();
    }

    /**
     * Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and
     * variants go by. It is empty for an actor without an id, for nobody, and without a key.
     */
    public static OptionalDouble score(String key, Object who) {
        String actor = Context.of(who).actor;
        if (actor == null || key == null) {
            return OptionalDouble.empty();
        }
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(Values.utf8(actor));
            byte[] digest = sha256.digest(Values.utf8(key));
            return OptionalDouble.of(((digest[0] & 0xff) << 8 | digest[1] & 0xff) / (double) Decision.SCORES);
        } catch (NoSuchAlgorithmException impossible) { // every Java has it
            throw new IllegalStateException(impossible);
        }
    }

    /** Reports usage, and ends everything but deciding. The client keeps answering from its last snapshot. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        store.stir(); // wakes those who wait
        if (source != null) {
            source.close();
        } else {
            timers.close();
        }
    }
}

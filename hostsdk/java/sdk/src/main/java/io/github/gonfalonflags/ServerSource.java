package io.github.gonfalonflags;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Follows a server: its stream, or its snapshot in an interval. */
final class ServerSource extends Source {
    private final Wire wire;
    private final Duration poll; // null: follow the stream
    private final Backoff backoff;
    private final Host host;

    ServerSource(Options options, String environment, Store store, Status status, Timers timers) {
        super(options, store, status, timers);
        wire = new Wire(options, environment);
        poll = options.pollInterval;
        backoff = new Backoff(options.pace, () -> ThreadLocalRandom.current().nextDouble());
        host = new Host(store, wire, timers, options.pace, poll == null ? "stream" : "poll");
    }

    @Override
    void follow() throws InterruptedException {
        host.start();
        while (true) {
            Thread.sleep((poll == null ? stream() : ask()).toMillis());
        }
    }

    @Override
    String shown(Throwable error) {
        return wire.shown(error);
    }

    @Override
    boolean report() {
        return host.report();
    }

    @Override
    void leave() {
        host.leave();
    }

    /** Polls once, and returns how long to wait until the next time. */
    private Duration ask() throws InterruptedException {
        try {
            fetch();
        } catch (IOException | RuntimeException | Error error) { // whatever it is, following goes on
            endIfInterrupted(error);
            failed(error);
            return backoff.after(error, null);
        }
        backoff.reset();
        return Duration.ofNanos((long) (Timers.nanos(poll) * (0.9 + ThreadLocalRandom.current().nextDouble() / 5)));
    }

    private void fetch() throws IOException, InterruptedException {
        Engine engine = store.engine();
        Wire.Snapshot found = wire.snapshot(engine == null ? null : engine.info());
        if (found.data != null) {
            store.takeSnapshot(found.data, found.supersedes);
        }
        contact();
    }

    /** Follows the stream until it ends, and returns how long to wait until the next attempt. */
    private Duration stream() throws InterruptedException {
        boolean delivered = false;
        Duration later = null; // when the server wants its hosts back
        Engine engine = store.engine();
        try (Wire.Stream stream = wire.stream(engine == null ? null : engine.info().position())) {
            String supersedes = stream.supersedes;
            while (true) {
                EventStream.Event event = stream.events.next();
                if (event == null) {
                    throw new WireException("the stream ended");
                }
                take(event, supersedes);
                if (event.kind().equals("snapshot")) {
                    supersedes = null; // it is about the first
                }
                if (event.retry() >= 0) {
                    later = Duration.ofMillis(Math.min(event.retry(), Wire.RETRY_AFTER.toMillis()));
                }
                if (!delivered && isOurs(event.kind())) {
                    delivered = true;
                    backoff.reset();
                }
            }
        } catch (IOException | RuntimeException | Error error) { // whatever it is, following goes on
            endIfInterrupted(error);
            failed(error);
            if (!delivered && !isUnreached(error) && !isTurnedAway(error)) {
                fetchInstead();
            }
            return backoff.after(error, delivered ? later : null);
        }
    }

    private static boolean isOurs(String kind) {
        return kind.equals("snapshot") || kind.equals("delta") || kind.equals("heartbeat");
    }

    /** The server is there, but something between doesn't let the stream through. */
    private void fetchInstead() throws InterruptedException {
        try {
            fetch();
        } catch (IOException | RuntimeException | Error error) { // whatever it is, following goes on
            endIfInterrupted(error);
            if (error instanceof FrameException || error instanceof WireException && ((WireException) error).isFinal()) {
                status.refused(shown(error));
            }
        }
    }

    private void take(EventStream.Event event, String supersedes) throws IOException, InterruptedException {
        if (!isOurs(event.kind())) {
            return; // of a newer server
        }
        if (event.kind().equals("heartbeat")) {
            contact();
            return;
        }
        byte[] frame;
        try {
            frame = event.frame();
        } catch (WireException error) {
            store.refuse(shown(error));
            status.refused(shown(error));
            return;
        }
        try {
            if (event.kind().equals("snapshot")) {
                store.takeSnapshot(frame, supersedes);
            } else {
                store.takeDelta(frame);
            }
        } catch (FrameException error) {
            if (event.kind().equals("delta")) {
                fetch();
            } else {
                status.refused(shown(error)); // what serves stays, and stays good
            }
            return;
        }
        contact();
    }

    private static boolean isUnreached(Throwable error) {
        return error instanceof ConnectException || error instanceof HttpConnectTimeoutException;
    }

    private static boolean isTurnedAway(Throwable error) {
        return error instanceof WireException
                && (((WireException) error).isRefusal() || ((WireException) error).retryAfter() != null);
    }

    private static void endIfInterrupted(Throwable error) throws InterruptedException {
        if (error instanceof InterruptedIOException || Thread.interrupted()) {
            throw new InterruptedException();
        }
    }
}

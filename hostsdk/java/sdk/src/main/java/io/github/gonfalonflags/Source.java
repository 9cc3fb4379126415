package io.github.gonfalonflags;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Keeps a store current, in a thread of its own. */
abstract class Source {
    /** Counted down when the source has answered, or has refused, or has failed while something serves. */
    private final CountDownLatch answered = new CountDownLatch(1);

    final Store store;
    final Status status;
    final Timers timers;
    private final Duration grace;
    private final Thread thread = new Thread(this::run, "gonfalon");
    private Future<?> leaving; // guarded by this
    private Future<?> expiry; // likewise
    private volatile boolean closed;

    Source(Options options, Store store, Status status, Timers timers) {
        this.store = store;
        this.status = status;
        this.timers = timers;
        grace = options.grace;
        thread.setDaemon(true);
    }

    /** Follows the source until the thread is interrupted. */
    abstract void follow() throws InterruptedException;

    /** Reports usage. Returns false if it can't be delivered, or there is nobody to report to. */
    boolean report() {
        return false;
    }

    /** Says good-bye, once following has ended. */
    void leave() {}

    void start() {
        thread.start();
    }

    boolean awaitAnswer(Duration longest) throws InterruptedException {
        return answered.await(Timers.nanos(longest), TimeUnit.NANOSECONDS);
    }

    void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(1000);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        timers.close();
        boolean interrupted = Thread.interrupted(); // the last report is still sent
        leave();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            try {
                follow();
            } catch (InterruptedException end) {
                return;
            } catch (RuntimeException | Error error) { // whatever it is, following goes on
                failed(error);
                try {
                    Thread.sleep(1000);
                } catch (InterruptedException end) {
                    return;
                }
            }
        }
    }

    void answer() {
        answered.countDown();
    }

    /** The source stands behind what serves. */
    void contact() {
        synchronized (this) {
            cancel(leaving);
            leaving = null;
        }
        if (store.engine() == null) {
            return;
        }
        status.contact();
        answer();
        if (status.ttl() != null) {
            synchronized (this) {
                cancel(expiry);
                expiry = timers.after(Duration.ofNanos(Timers.nanos(status.ttl())).plusMillis(1), status::settle);
            }
        }
    }

    /** The source is away, or refuses. */
    void failed(Throwable error) {
        WireException answer = error instanceof WireException ? (WireException) error : null;
        boolean refusal = answer != null && answer.isRefusal();
        boolean expected = error instanceof IOException || error instanceof FrameException;
        String message = shown(error);
        if (!message.equals(status.error())) { // it is tried again and again
            Level level = refusal ? Level.WARNING : expected ? Level.INFO : Level.ERROR;
            Log.write(level, "the source failed: " + message + (expected ? "" : at(error)), null);
        }
        status.failed(message);
        if (error instanceof FrameException || answer != null && answer.isFinal()) {
            status.refused(message);
        }
        if (store.engine() != null || refusal) {
            answer();
        }
        synchronized (this) {
            if (leaving == null) {
                leaving = timers.after(grace, () -> status.lost(message));
            }
        }
    }

    /** Returns what an error says, for people. */
    String shown(Throwable error) {
        return Log.said(error);
    }

    /** Says where an error comes from. It isn't logged itself, since its message may have a secret in it. */
    private static String at(Throwable error) {
        return error.getStackTrace().length == 0 ? "" : " at " + error.getStackTrace()[0];
    }

    private static void cancel(Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }
}

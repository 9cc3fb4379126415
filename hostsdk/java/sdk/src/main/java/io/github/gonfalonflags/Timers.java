package io.github.gonfalonflags;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** What one client does later. Its two threads start with the first task, and don't keep a program from ending. */
final class Timers {
    private ScheduledThreadPoolExecutor threads;
    private boolean closed;

    /** Runs a task after a pause; null if the client has been closed. What it throws is logged. */
    synchronized Future<?> after(Duration pause, Runnable task) {
        if (closed) {
            return null;
        }
        if (threads == null) {
            threads = new ScheduledThreadPoolExecutor(2, run -> {
                Thread thread = new Thread(run, "gonfalon-timer");
                thread.setDaemon(true);
                return thread;
            });
            threads.setRemoveOnCancelPolicy(true);
        }
        try {
            return threads.schedule(() -> run(task), nanos(pause), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException ended) {
            return null;
        }
    }

    /** Returns a time in nanoseconds; none of below 0, and no more than 146 years. */
    static long nanos(Duration time) {
        long most = Long.MAX_VALUE / 2; // half, so that adding a moment to it doesn't overflow
        try {
            return Math.min(most, Math.max(0, time.toNanos()));
        } catch (ArithmeticException beyond) {
            return time.isNegative() ? 0 : most;
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error error) {
            Log.error("a timer's task failed", error);
        }
    }

    /** Ends all tasks, also those that run. */
    synchronized void close() {
        closed = true;
        if (threads != null) {
            threads.shutdownNow();
        }
    }
}

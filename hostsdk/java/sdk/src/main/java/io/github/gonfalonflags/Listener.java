package io.github.gonfalonflags;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A program's listener, which is told one event after another. In {@link #THREADS} one that blocks, throws or closes the client keeps
 * neither the source nor the other listeners waiting.
 */
final class Listener {
    /** A thread of its own while something waits for the listener, so that one that is forgotten holds none. */
    static final Executor THREADS = run -> {
        Thread thread = new Thread(run, "gonfalon-listener");
        thread.setDaemon(true);
        thread.start();
    };

    static final int MOST = 1000; // events that wait; later ones are dropped, and it is said once

    private final Consumer<Event> program;
    private final Executor executor;
    private final Queue<Event> waiting = new ArrayDeque<>(); // guarded by this, as what follows
    private boolean running;
    private boolean missing; // some events
    private boolean told; // of that
    private boolean closed;

    Listener(Consumer<Event> program, Executor executor) {
        this.program = program;
        this.executor = executor;
    }

    /** Lets an event wait for the listener. */
    synchronized void add(Event event) {
        if (waiting.size() < MOST) {
            waiting.add(event);
        } else {
            missing = true;
        }
    }

    /** Sees to it that what waits is told. */
    void wake() {
        boolean late;
        boolean idle;
        synchronized (this) {
            late = missing && !told;
            told = missing;
            idle = !running && !waiting.isEmpty();
            running |= idle;
        }
        if (late) {
            Log.warning("a listener is " + MOST + " events late; it misses some");
        }
        if (!idle) {
            return;
        }
        try {
            executor.execute(this::tell);
        } catch (RuntimeException | Error error) { // the system has no thread; the next event tries again
            synchronized (this) {
                running = false;
            }
            Log.error("a listener can't be called", error);
        }
    }

    private void tell() {
        for (Event event = next(); event != null; event = next()) {
            try {
                program.accept(event);
            } catch (Throwable thrown) { // the program's own code
                Log.error("a listener failed on " + event, thrown);
            }
        }
    }

    private synchronized Event next() {
        Event event = closed ? null : waiting.poll();
        running = event != null;
        return event;
    }

    /** Ends it. Nothing that waits is told any more. */
    synchronized void close() {
        closed = true;
        waiting.clear();
    }
}

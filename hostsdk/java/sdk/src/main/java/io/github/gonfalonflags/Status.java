package io.github.gonfalonflags;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The state and the listeners of one client. What a bootstrap changes is no event, since nobody listens yet. */
final class Status {
    final LongAdder losses = new LongAdder(); // times that the source was lost

    private final Duration ttl; // null: for ever
    private final Executor executor;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> joined = new CopyOnWriteArrayList<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

    private State state = State.NOT_READY;
    private boolean loaded;
    private boolean backed; // the source stands behind the snapshot
    private boolean refused; // the source answers, but with a refusal
    private Long contact; // by System.nanoTime
    private String error;

    /** Makes the status of a client whose listeners are called by an executor. */
    Status(Duration ttl, Executor executor) {
        this.ttl = ttl;
        this.executor = executor;
    }

    Duration ttl() {
        return ttl;
    }

    State state() {
        settle();
        synchronized (this) {
            return state;
        }
    }

    /** Returns how long ago the source confirmed the snapshot. */
    synchronized Optional<Duration> age() {
        return contact == null ? Optional.empty() : Optional.of(Duration.ofNanos(System.nanoTime() - contact));
    }

    /** Returns what the source's trouble is, for people; null once it is well again. */
    synchronized String error() {
        return error;
    }

    /** A snapshot serves, and the source stands behind it. */
    void contact() {
        synchronized (this) {
            contact = System.nanoTime();
            loaded = true;
            backed = true;
            refused = false;
            error = null;
        }
        settle();
    }

    /** A snapshot serves that the source hasn't confirmed. */
    void loaded() {
        synchronized (this) {
            loaded = true;
        }
        settle();
    }

    /** Nothing serves any more. Only tests bring that about. */
    void unloaded() {
        synchronized (this) {
            loaded = false;
        }
        settle();
    }

    /** The source is away. The state follows when that lasts longer than the grace. */
    void failed(String why) {
        losses.increment();
        synchronized (this) {
            error = why;
        }
    }

    /** The source has been away for longer than the grace. */
    void lost(String why) {
        synchronized (this) {
            backed = false;
            error = why;
        }
        settle();
    }

    /** The source refuses, or sends what can't be read. */
    void refused(String why) {
        synchronized (this) {
            refused = true;
            error = why;
        }
        settle();
    }

    Subscription subscribe(Consumer<Event> program) {
        Listener listener = new Listener(program, executor);
        listeners.add(listener);
        joined.forEach(Runnable::run);
        return () -> {
            listeners.remove(listener);
            listener.close();
        };
    }

    /** Runs something of the client's own after each change of state, in the thread that brings it. */
    Subscription watch(Runnable watcher) {
        watchers.add(watcher);
        return () -> watchers.remove(watcher);
    }

    /** Runs something whenever somebody begins to listen. */
    Subscription onListener(Runnable join) {
        joined.add(join);
        return () -> joined.remove(join);
    }

    /** Reports whether anybody listens. */
    boolean heard() {
        return !listeners.isEmpty();
    }

    void emit(Event event) {
        synchronized (this) { // in one order for all
            listeners.forEach(listener -> listener.add(event));
        }
        listeners.forEach(Listener::wake);
    }

    /** Takes the state to what it is by now, and tells if it is another one. */
    void settle() {
        StateChanged change;
        synchronized (this) {
            State now = now();
            if (now == state) {
                return;
            }
            change = new StateChanged(now, state, error);
            state = now;
            listeners.forEach(listener -> listener.add(change));
        }
        if (change.previous() == State.READY || change.state() == State.ERROR) {
            Log.warning(change.toString());
        }
        watchers.forEach(Runnable::run);
        listeners.forEach(Listener::wake);
    }

    private State now() {
        if (!loaded) {
            return refused ? State.ERROR : State.NOT_READY;
        }
        return backed && !expired() ? State.READY : State.STALE;
    }

    private boolean expired() {
        return ttl != null && contact != null && System.nanoTime() - contact > Timers.nanos(ttl);
    }
}

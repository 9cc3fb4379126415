package io.github.gonfalonflags;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reports usage, and with it which revision serves, so that an operator sees which hosts serve a change. A control plane of an older
 * version refuses what it doesn't know, and is sent the counts alone.
 */
final class Host {
    private static final int BAD_REQUEST = 400;

    private final Store store;
    private final Wire wire;
    private final Timers timers;
    private final Pace pace;
    private final String via;
    private final String id = String.format("%016x", ThreadLocalRandom.current().nextLong());
    private final ReentrantLock reporting = new ReentrantLock();
    private final AtomicBoolean telling = new AtomicBoolean();
    private volatile boolean started;
    private volatile boolean plain; // the control plane is an older one
    private volatile boolean silent; // the last report failed: the next one is a regular one
    private volatile boolean told; // a report has arrived, or may have: it is under way, or was cut off
    private volatile boolean gone;
    private volatile long lastTold = Long.MIN_VALUE; // by System.nanoTime: when it told last that another revision serves

    Host(Store store, Wire wire, Timers timers, Pace pace, String via) {
        this.store = store;
        this.wire = wire;
        this.timers = timers;
        this.pace = pace;
        this.via = via;
    }

    void start() {
        if (started) {
            return;
        }
        started = true;
        store.watch(this::moved);
        if (store.engine() != null) {
            moved();
        }
        again();
    }

    private void again() {
        timers.after(jittered(pace.usage), () -> {
            report();
            again();
        });
    }

    private static Duration jittered(Duration pause) {
        return Duration.ofMillis((long) (pause.toMillis() * (0.9 + ThreadLocalRandom.current().nextDouble() / 5)));
    }

    /** Another revision serves: tells at a random moment, so that not all hosts do so at once. */
    private void moved() {
        if (plain || !telling.compareAndSet(false, true)) {
            return;
        }
        long rest = lastTold == Long.MIN_VALUE ? 0 : Math.max(0, lastTold + pace.pause.toNanos() - System.nanoTime());
        long within = (long) (pace.telling.toNanos() * ThreadLocalRandom.current().nextDouble());
        timers.after(Duration.ofNanos(rest + within), () -> {
            telling.set(false);
            if (!silent && !plain) {
                lastTold = System.nanoTime();
                send(Collections.emptyMap(), pace.timeout);
            }
        });
    }

    /** Sends what was counted. Returns false if it can't be delivered; it is then kept for the next time. */
    boolean report() {
        return report(pace.timeout);
    }

    /** Sends what was counted, in so much time for all that it takes. */
    private boolean report(Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        Map<String, Usage> counts = store.takeUsage();
        if (counts.isEmpty()) {
            return send(counts, longest);
        }
        while (!counts.isEmpty()) {
            Map<String, Usage> part = new HashMap<>();
            Iterator<Map.Entry<String, Usage>> each = counts.entrySet().iterator();
            while (each.hasNext() && part.size() < Wire.USAGE_FLAGS) {
                Map.Entry<String, Usage> one = each.next();
                part.put(one.getKey(), one.getValue());
                each.remove();
            }
            Duration left = Duration.ofNanos(end - System.nanoTime());
            if (left.isNegative() || left.isZero() || !send(part, left)) {
                store.putUsageBack(part);
                store.putUsageBack(counts);
                return false;
            }
        }
        return true;
    }

    /** Says that this report is the last. */
    void leave() {
        if (started) {
            gone = true;
            report(pace.farewell);
        }
    }

    /** Sends counts, which may be none: the host is still there, or ends. */
    private boolean send(Map<String, Usage> counts, Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        boolean alone = false;
        try {
            // A program's own report isn't cut off by a close: half of the time is left for a goodbye beside it.
            alone = reporting.tryLock(longest.toNanos() / (gone ? 2 : 1), TimeUnit.NANOSECONDS);
            return (alone || gone) && deliver(counts, end);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            if (alone) {
                reporting.unlock();
            }
        }
    }

    private boolean deliver(Map<String, Usage> counts, long end) throws InterruptedException {
        if (counts.isEmpty() && (plain || gone && !told)) {
            return true;
        }
        boolean before = told;
        told = true;
        try {
            wire.usage(counts, plain ? null : about(), Duration.ofNanos(end - System.nanoTime()));
            silent = false;
            return true;
        } catch (IOException | RuntimeException error) {
            if (error instanceof WireException && ((WireException) error).status() == BAD_REQUEST && !plain) {
                plain = true;
                return deliver(counts, end);
            }
            silent = true;
            told = before || Thread.currentThread().isInterrupted(); // what is cut off may have arrived
            Log.info("usage can't be reported: " + wire.shown(error));
            return false;
        }
    }

    private Map<String, Object> about() {
        Engine engine = store.engine();
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("id", id);
        about.put("sdk", "java");
        about.put("version", Version.VERSION);
        about.put("revision", engine == null ? 0 : engine.info().revision());
        about.put("via", via);
        if (engine != null) {
            about.put("lineage", engine.info().lineage());
        }
        if (gone) {
            about.put("gone", true);
        }
        return about;
    }
}

package io.github.gonfalonflags;

import java.util.concurrent.atomic.LongAdder;

/** How often a flag was evaluated, and how often it was on. Threads add without waiting for one another. */
final class Count {
    private final LongAdder on = new LongAdder();
    private final LongAdder off = new LongAdder();
    private long takenOn;
    private long takenOff;

    void add(int packed) {
        ((packed & Decision.ENABLED) != 0 ? on : off).increment();
    }

    /** Returns what was added since the last time; null if nothing was. */
    synchronized Usage take(long now) {
        // Adders are only read, never reset, so that no evaluation is lost between the two.
        long nowOn = on.sum();
        long nowOff = off.sum();
        Usage usage = new Usage(nowOn - takenOn + nowOff - takenOff, nowOn - takenOn, now);
        takenOn = nowOn;
        takenOff = nowOff;
        return usage.count == 0 ? null : usage;
    }
}

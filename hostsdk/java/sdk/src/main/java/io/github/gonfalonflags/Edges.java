package io.github.gonfalonflags;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/** Tells each time at which a schedule opens or closes, as of a change of the flags that it decides, while anybody listens. */
final class Edges {
    private static final long LOOK = 60_000_000; // microseconds between two looks at the clock: it may be set, or stand still

    private final Store store;
    private final Status status;
    private final Timers timers;
    private final LongSupplier clock;
    private byte[] data; // that the schedules are of
    private Schedules schedules;
    private long seen; // edges up to here have been told, or were before anybody listened
    private Future<?> next;

    Edges(Store store, Status status, Timers timers, LongSupplier clock) {
        this.store = store;
        this.status = status;
        this.timers = timers;
        this.clock = clock;
        store.watch(this::stir);
        status.onListener(this::stir);
    }

    /** Another snapshot serves, or somebody begins to listen. */
    private void stir() {
        long since = clock.getAsLong();
        Engine engine = store.engine();
        if (engine != null && status.heard() && (schedules != null || Records.hasSchedules(engine.data()))) {
            timers.after(Duration.ZERO, () -> look(since));
        }
    }

    private synchronized void look(long since) {
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        Engine engine = status.heard() ? store.engine() : null;
        if (engine == null || !Records.hasSchedules(engine.data())) {
            data = null;
            schedules = null;
            return;
        }
        if (engine.data() != data) {
            seen = schedules == null ? since : seen;
            data = engine.data();
            schedules = new Schedules(data);
        }
        long now = clock.getAsLong();
        // A clock that was set back makes schedules open and close again.
        Set<String> flags = schedules.passed(Math.min(seen, now), Math.max(seen, now));
        seen = now;
        store.tell(flags);
        OptionalLong edge = schedules.next(now);
        if (edge.isPresent()) {
            long wait = Math.max(0, Math.min(edge.getAsLong() - clock.getAsLong(), LOOK));
            next = timers.after(Duration.ofNanos(wait * 1000), () -> look(clock.getAsLong()));
        }
    }
}

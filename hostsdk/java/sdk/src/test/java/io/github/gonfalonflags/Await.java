package io.github.gonfalonflags;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits until something holds. */
final class Await {
    private Await() {}

    static void until(Duration longest, BooleanSupplier holds, Supplier<String> otherwise) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(otherwise.get());
            }
            Thread.sleep(5);
        }
    }
}

package io.github.gonfalonflags;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/** The pauses between attempts: exponential, with ±50 % of jitter. */
final class Backoff {
    private final Pace pace;
    private final DoubleSupplier chance;
    private int attempts;

    Backoff(Pace pace, DoubleSupplier chance) {
        this.pace = pace;
        this.chance = chance;
    }

    void reset() {
        attempts = 0;
    }

    /** Returns how long to wait after an attempt failed. What the server asked for (null: nothing) can only make it more. */
    Duration after(Throwable error, Duration asked) {
        double step = Math.min(
                pace.backoff.toMillis() * Math.pow(2, Math.min(attempts, 30)), pace.longest.toMillis());
        attempts++;
        Duration wanted = asked;
        if (error instanceof WireException) {
            WireException answer = (WireException) error;
            wanted = answer.retryAfter() == null ? asked : answer.retryAfter();
            if (answer.isRefusal()) {
                step = pace.longest.toMillis();
            }
        }
        double pause = step * (0.5 + chance.getAsDouble());
        double least = wanted == null ? 0 : wanted.toMillis() * (1 + chance.getAsDouble() / 10);
        return Duration.ofMillis((long) Math.max(pause, least));
    }
}

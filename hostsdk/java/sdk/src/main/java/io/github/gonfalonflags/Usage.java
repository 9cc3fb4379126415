package io.github.gonfalonflags;

/** What one report says of a flag. */
final class Usage {
    final long count;
    final long on;
    final long last; // Unix microseconds by which the evaluations were made

    Usage(long count, long on, long last) {
        this.count = count;
        this.on = on;
        this.last = last;
    }

    Usage plus(Usage other) {
        return new Usage(count + other.count, on + other.on, Math.max(last, other.last));
    }
}

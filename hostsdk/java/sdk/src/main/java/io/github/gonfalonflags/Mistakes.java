package io.github.gonfalonflags;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What programs ask that is probably not what they mean. It is counted, and logged once. */
final class Mistakes {
    private static final int MOST = 1000; // different ones that are remembered; later ones are only counted

    final LongAdder unknown = new LongAdder(); // decisions about unknown flags
    final LongAdder unreadable = new LongAdder(); // decisions whose context has something that can't be read
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final Set<String> refused = ConcurrentHashMap.newKeySet(); // a server's doing, which leaves room for the program's

    void unknownFlag(String key) {
        unknown.increment();
        tell("there is no flag " + Log.quoted(key) + ": it is off");
    }

    void unreadableContext(Iterable<String> wrong, int decisions) {
        unreadable.add(decisions);
        for (String what : wrong) {
            tell("a context has " + what + ": see the table of contexts in the documentation");
        }
    }

    /** Notes a decision that failed. */
    void failed(String key, Throwable error) {
        if (isNew(told, Log.said(error))) {
            Log.error(Log.quoted(key) + " can't be decided, the caller gets its fallback", error);
        }
    }

    /** Notes something that isn't as it should be. */
    void tell(String message) {
        if (isNew(told, message)) {
            Log.warning(message);
        }
    }

    /** Notes a frame that was refused. */
    void refused(String why) {
        if (isNew(refused, why)) {
            Log.warning("a frame was refused: " + why);
        }
    }

    private static boolean isNew(Set<String> known, String message) {
        return known.size() < MOST && known.add(Log.cut(message));
    }
}

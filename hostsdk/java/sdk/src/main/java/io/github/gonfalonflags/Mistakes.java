package io.github.gonfalonflags;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What programs ask that is probably not what they mean. It is counted, and logged once. */
final class Mistakes {
    private static final int MOST = 1000; // different ones that are remembered; later ones are only counted
    private static final int LONGEST = 200;

    final LongAdder unknown = new LongAdder(); // decisions about unknown flags
    final LongAdder unreadable = new LongAdder(); // decisions whose context has something that can't be read
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    void unknownFlag(String key) {
        unknown.increment();
        tell("there is no flag " + quoted(key) + ": it is off");
    }

    void unreadableContext(Iterable<String> wrong, int decisions) {
        unreadable.add(decisions);
        for (String what : wrong) {
            tell("a context has " + what + ": see the table of contexts in the documentation");
        }
    }

    private void tell(String message) {
        if (told.size() < MOST && told.add(message)) {
            Log.warning(message);
        }
    }

    private static String quoted(String key) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(key.length(), LONGEST); i++) {
            char c = key.charAt(i);
            text.append(c >= ' ' && c < 0x7f && c != '"' ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return text.append(key.length() > LONGEST ? "…" : "\"").toString();
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class MistakesTest {
    private final FlagsForTest flags = new FlagsForTest();
    private final Predicate<String> throwing = group -> {
        throw new IllegalStateException("mine");
    };

    @Test
    void aMistakeIsLoggedOnce() {
        flags.enable("a", Target.forGroup("staff"));
        try (LogLines log = new LogLines()) {
            for (int i = 0; i < 100; i++) {
                flags.enabled("no_such", "ada");
                flags.enabled(null, "ada");
                flags.enabled("a", Context.of("ada").inGroups(throwing));
            }
            assertEquals(3, log.lines.size(), log.lines.toString());
        }
        assertEquals(100, flags.stats().unknown());
        assertEquals(100, flags.stats().unreadable());
    }

    @Test
    void aProgramWithManyMistakesDoesNotFillTheLog() {
        try (LogLines log = new LogLines()) {
            for (int i = 0; i < 3000; i++) {
                flags.enabled("unknown\n" + "x".repeat(1000) + i);
                flags.enabled("unknown " + i);
            }
            assertEquals(1000, log.lines.size());
            assertTrue(log.lines.stream().allMatch(line -> line.length() < 1500), "short lines");
        }
        assertEquals(6000, flags.stats().unknown());
    }
}

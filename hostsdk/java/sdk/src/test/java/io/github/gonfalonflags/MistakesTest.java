package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
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
    void aLogThatFailsKeepsNoDecisionFromBeingMade() {
        Logger logger = Logger.getLogger("gonfalon");
        Handler broken = new Handler() {
            @Override
            public void publish(LogRecord line) {
                throw new AssertionError("mine");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(broken);
        try (LogLines log = new LogLines()) {
            assertFalse(flags.enabled("logged by a broken log"), log.lines.toString());
            assertEquals(Reason.NOT_READY, flags.decide(null, "ada").reason());
        } finally {
            logger.removeHandler(broken);
        }
        assertEquals(1, flags.stats().unknown());
    }

    @Test
    void anErrorMayBeUnableToSayWhatItIs() {
        Iterable<String> keys = () -> {
            throw new IllegalStateException() {
                private static final long serialVersionUID = 1L;

                @Override
                public String getMessage() {
                    throw new AssertionError("mine");
                }
            };
        };
        assertEquals(List.of(), flags.decideAll(keys, "ada"));
        assertEquals(1, flags.stats().broken());
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

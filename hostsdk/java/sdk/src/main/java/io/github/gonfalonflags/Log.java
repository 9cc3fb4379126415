package io.github.gonfalonflags;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The SDK's log: {@code System.Logger} of the name {@code gonfalon}, which every logging library can take over. */
final class Log {
    private Log() {}

    /** Looked for when it is first needed: setting a log up takes longer than a whole start without it. */
    private static final class Lazy {
        static final Logger LOGGER = System.getLogger("gonfalon");
    }

    static void info(String message) {
        write(Level.INFO, message, null);
    }

    static void warning(String message) {
        write(Level.WARNING, message, null);
    }

    static void error(String message, Throwable error) {
        write(Level.ERROR, message, error);
    }

    static void write(Level level, String message, Throwable error) {
        try {
            Lazy.LOGGER.log(level, message, error);
        } catch (RuntimeException broken) {
            // A log that fails is no reason for a decision to fail.
        }
    }
}

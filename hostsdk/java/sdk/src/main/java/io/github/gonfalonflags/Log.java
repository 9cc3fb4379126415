package io.github.gonfalonflags;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The SDK's log: {@code System.Logger} of the name {@code gonfalon}, which every logging library can take over. */
final class Log {
    private static final int LONGEST = 1000; // characters of a line
    private static final int LONGEST_KEY = 200;

    private Log() {}

    /** Looked for when it is first needed: setting a log up takes longer than a whole start without it. */
    private static final class Lazy {
        static final Logger LOGGER = System.getLogger("gonfalon");
    }

    /** Returns the beginning of a text, on one line. */
    static String cut(String text) {
        StringBuilder line = new StringBuilder();
        escape(text, LONGEST, false, line);
        return line.toString();
    }

    /** Returns the beginning of a program's or a server's word, in quotes and in ASCII. */
    static String quoted(String text) {
        if (text == null) {
            return "null";
        }
        StringBuilder line = new StringBuilder("\"");
        escape(text, LONGEST_KEY, true, line);
        return line.append('"').toString();
    }

    private static void escape(String text, int longest, boolean ascii, StringBuilder into) {
        for (int i = 0; i < Math.min(text.length(), longest); i++) {
            char c = text.charAt(i);
            boolean plain = ascii ? c >= ' ' && c < 0x7f && c != '"' : !Character.isISOControl(c) && !Character.isSurrogate(c)
                    || isPaired(text, i);
            into.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        into.append(text.length() > longest ? "…" : "");
    }

    private static boolean isPaired(String text, int at) {
        char c = text.charAt(at);
        return Character.isHighSurrogate(c) && at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                || Character.isLowSurrogate(c) && at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }

    /** Returns the kind of an error, and what it says. One of the program's own may throw instead of saying anything. */
    static String said(Throwable error) {
        String kind = error.getClass().getSimpleName();
        try {
            return error.getMessage() == null ? kind : kind + ": " + error.getMessage();
        } catch (Throwable silent) {
            return kind;
        }
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
            Lazy.LOGGER.log(level, cut(message), error);
        } catch (Throwable broken) {
            // A log that fails, or isn't even found, is no reason for a decision to fail.
        }
    }
}

package io.github.gonfalonflags;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Brings an attribute's value into the one form that every SDK sends: a float without a fraction within ±2^53 is an integer,
 * integers beyond 64 bits stay exact, times are ISO 8601 in UTC, and what has no place in the engine's values is null.
 */
final class Values {
    static final int MAX_DEPTH = 16; // of lists and maps in one another: nobody targets deeper, and it bounds the work
    static final int MAX_ITEMS = 100_000; // of lists and maps in one value: an iterator may have no end, and a size may lie
    static final int MAX_INTEGER_BITS = 1 << 17; // 39,000 digits: writing more takes time that grows with their square
    static final double EXACT = 1L << 53; // up to here a double holds every integer

    private static final int EXTENSION_INTEGER = 1;
    private static final int MAX_DECIMAL = 400; // digits before the point: far beyond a double

    /** Orders texts as the bytes of their UTF-8 are ordered. */
    static final Comparator<String> BY_CODE_POINT =
            (a, b) -> {
                for (int i = 0, n = Math.min(a.length(), b.length()); i < n; i++) {
                    char x = a.charAt(i);
                    char y = b.charAt(i);
                    if (x != y) {
                        // A surrogate stands for a code point above all others.
                        boolean xHigh = Character.isSurrogate(x);
                        return xHigh == Character.isSurrogate(y) ? Character.compare(x, y) : xHigh ? 1 : -1;
                    }
                }
                return Integer.compare(a.length(), b.length());
            };

    private final Writer out = new Writer(16);
    private int items;

    private Values() {}

    /** Returns a value as the request has it. Throws what the program's own lists and maps throw, and ContextException or
     * RequestException if there is too much in it. */
    static byte[] encode(Object value) {
        Values values = new Values();
        values.write(value, 0);
        return values.out.toBytes();
    }

    private void write(Object value, int depth) {
        if (value == null) {
            out.nil();
        } else if (value instanceof String) {
            out.text((String) value);
        } else if (value instanceof Boolean) {
            out.bool((Boolean) value);
        } else if (isInteger(value)) {
            out.integer(((Number) value).longValue());
        } else if (value instanceof BigInteger) {
            integer((BigInteger) value);
        } else if (value instanceof Double || value instanceof Float) {
            number(((Number) value).doubleValue());
        } else if (value instanceof BigDecimal) {
            decimal((BigDecimal) value);
        } else if (value instanceof Map) {
            map((Map<?, ?>) value, depth);
        } else if (value instanceof List) {
            list((List<?>) value, depth);
        } else if (value.getClass().isArray() && !(value instanceof byte[])) {
            array(value, depth);
        } else {
            String text = textOf(value);
            if (text == null) {
                out.nil();
            } else {
                out.text(text);
            }
        }
    }

    static boolean isInteger(Object value) {
        return value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte;
    }

    /** Returns the text with each lone surrogate replaced. */
    static String text(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                return new String(utf8(value), StandardCharsets.UTF_8);
            }
        }
        return value;
    }

    /** Returns the bytes of a text, with U+FFFD for each lone surrogate. */
    static byte[] utf8(String value) {
        StringBuilder whole = new StringBuilder(value);
        for (int i = 0; i < whole.length(); i++) {
            char c = whole.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < whole.length() && Character.isLowSurrogate(whole.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                whole.setCharAt(i, '\ufffd');
            }
        }
        return whole.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void integer(BigInteger value) {
        if (value.bitLength() < 64) {
            out.integer(value.longValue());
        } else {
            out.extension(EXTENSION_INTEGER, digits(value).getBytes(StandardCharsets.US_ASCII));
        }
    }

    static String digits(BigInteger value) {
        if (value.bitLength() > MAX_INTEGER_BITS) {
            throw new IllegalArgumentException("an integer that takes too long to write");
        }
        return value.toString();
    }

    private void number(double value) {
        if (isExact(value)) {
            out.integer((long) value);
        } else if (Double.isNaN(value) || Double.isInfinite(value)) {
            out.nil();
        } else {
            out.real(value);
        }
    }

    /** Reports whether a number has no fraction, and lies where doubles and integers agree. */
    static boolean isExact(double value) {
        return Math.abs(value) <= EXACT && value == Math.rint(value);
    }

    private void decimal(BigDecimal value) {
        if (!isShort(value)) {
            out.nil();
        } else if (isWhole(value)) {
            integer(value.toBigInteger());
        } else {
            number(value.doubleValue());
        }
    }

    /** Reports whether a decimal has no fraction, and can be spelled out. */
    static boolean isWhole(BigDecimal value) {
        return value.signum() == 0
                || isShort(value) && value.precision() > value.scale() && value.compareTo(new BigDecimal(value.toBigInteger())) == 0;
    }

    /** Reports whether a decimal can be spelled out without taking gigabytes, or too long. */
    private static boolean isShort(BigDecimal value) {
        return value.unscaledValue().bitLength() <= MAX_INTEGER_BITS && (long) value.precision() - value.scale() <= MAX_DECIMAL;
    }

    private void list(List<?> value, int depth) {
        if (depth >= MAX_DEPTH) {
            out.nil();
            return;
        }
        List<Object> read = new ArrayList<>(); // and counted: what a list says of its size may be wrong
        for (Object item : value) {
            count();
            read.add(item);
        }
        out.array(read.size());
        for (Object item : read) {
            write(item, depth + 1);
        }
    }

    private void array(Object value, int depth) {
        if (depth >= MAX_DEPTH) {
            out.nil();
            return;
        }
        int length = Array.getLength(value);
        out.array(length);
        for (int i = 0; i < length; i++) {
            count();
            write(Array.get(value, i), depth + 1);
        }
    }

    private void map(Map<?, ?> value, int depth) {
        if (depth >= MAX_DEPTH) {
            out.nil();
            return;
        }
        TreeMap<String, Object> sorted = new TreeMap<>(BY_CODE_POINT);
        for (Map.Entry<?, ?> entry : value.entrySet()) {
            count();
            if (!(entry.getKey() instanceof String)) {
                out.nil();
                return;
            }
            sorted.put(text((String) entry.getKey()), entry.getValue());
        }
        out.map(sorted.size());
        sorted.forEach(
                (name, item) -> {
                    out.text(name);
                    write(item, depth + 1);
                });
    }

    private void count() {
        if (++items > MAX_ITEMS) {
            throw new ContextException("more than " + MAX_ITEMS + " items");
        }
    }

    /** Returns the text of a time or a UUID; null for anything else. A time without a zone is taken as UTC. */
    private static String textOf(Object value) {
        if (value instanceof UUID || value instanceof LocalDate) {
            return value.toString();
        }
        if (value instanceof Instant) {
            return moment((Instant) value);
        }
        if (value instanceof OffsetDateTime) {
            return moment(((OffsetDateTime) value).toInstant());
        }
        if (value instanceof ZonedDateTime) {
            return moment(((ZonedDateTime) value).toInstant());
        }
        if (value instanceof LocalDateTime) {
            return moment(((LocalDateTime) value).toInstant(ZoneOffset.UTC));
        }
        if (value instanceof Date) {
            return moment(Instant.ofEpochMilli(((Date) value).getTime()));
        }
        return null;
    }

    /** Returns ISO 8601 to the microsecond, without zeros at its end. */
    static String moment(Instant value) {
        String whole = value.truncatedTo(ChronoUnit.SECONDS).toString();
        int micros = value.getNano() / 1000;
        if (micros == 0) {
            return whole;
        }
        String fraction = String.format(Locale.ROOT, "%06d", micros).replaceAll("0+$", "");
        return whole.substring(0, whole.length() - 1) + "." + fraction + "Z";
    }
}

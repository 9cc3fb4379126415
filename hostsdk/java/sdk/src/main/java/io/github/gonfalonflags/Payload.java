package io.github.gonfalonflags;

import java.util.Map;

/** A variant's payload as the type that a program asks for; null if it is of another one. */
final class Payload {
    private Payload() {}

    /** Reads a payload, which is canonical JSON; null if it can't be read. */
    static Object read(String written) {
        try {
            return Json.read(written);
        } catch (IllegalArgumentException unreadable) {
            return null;
        }
    }

    static Boolean bool(Object value) {
        return value instanceof Boolean ? (Boolean) value : null;
    }

    static String string(Object value) {
        return value instanceof String ? (String) value : null;
    }

    /** Returns a number without a fraction within ±2^53, where integers and floats agree in every language. */
    static Long integer(Object value) {
        if (value instanceof Long) {
            return (Long) value;
        }
        // At 2^53 itself a double may be an integer beyond, rounded.
        boolean whole = value instanceof Double && Values.isExact((Double) value) && Math.abs((Double) value) < Values.EXACT;
        return whole ? (Long) ((Double) value).longValue() : null;
    }

    static Double number(Object value) {
        if (!(value instanceof Number)) {
            return null;
        }
        double number = ((Number) value).doubleValue();
        return Double.isInfinite(number) ? null : (Double) number;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return value instanceof Map ? (Map<String, Object>) value : null;
    }

    /** Reports whether a payload, as JSON, is a number that is written with a fraction or an exponent. */
    static boolean isFractional(byte[] written) {
        if (written.length == 0 || written[0] != '-' && (written[0] < '0' || written[0] > '9')) {
            return false;
        }
        for (byte b : written) {
            if (b == '.' || b == 'e' || b == 'E') {
                return true;
            }
        }
        return false;
    }
}

package io.github.gonfalonflags;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads MessagePack: null, Boolean, Long, BigInteger, Double, String, byte[], List and Map. An integer beyond 64 bits is
 * extension 1, its digits. Throws IllegalArgumentException for anything else, however the bytes came about.
 */
final class Reader {
    private static final int DEEPEST = 64;
    private static final int EXTENSION_INTEGER = 1;

    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
        this.bytes = bytes;
    }

    static Object read(byte[] bytes) {
        Reader reader = new Reader(bytes);
        Object value = reader.next();
        if (reader.at != bytes.length) {
            throw new IllegalArgumentException("bytes after the end, from byte " + reader.at + " on");
        }
        return value;
    }

    int position() {
        return at;
    }

    Object next() {
        return next(0);
    }

    /** Reads the head of an array, and returns its length. */
    int array() {
        int first = unsigned(1);
        if (first >> 4 == 9) {
            return first & 15;
        }
        if (first != 0xdc && first != 0xdd) {
            throw wrong("no array");
        }
        return length(first == 0xdc ? 2 : 4);
    }

    private Object next(int depth) {
        if (depth > DEEPEST) {
            throw wrong("values too deep in one another");
        }
        int first = unsigned(1);
        if (first < 0x80) {
            return (long) first;
        }
        if (first >= 0xe0) {
            return (long) (byte) first;
        }
        if (first < 0x90) {
            return map(first & 15, depth);
        }
        if (first < 0xa0) {
            return list(first & 15, depth);
        }
        if (first < 0xc0) {
            return text(first & 31);
        }
        switch (first) {
            case 0xc0:
                return null;
            case 0xc2:
            case 0xc3:
                return first == 0xc3;
            case 0xc4:
            case 0xc5:
            case 0xc6:
                return take(length(1 << first - 0xc4));
            case 0xc7:
            case 0xc8:
            case 0xc9:
                return extension(length(1 << first - 0xc7));
            case 0xca:
                return (double) Float.intBitsToFloat((int) number(4));
            case 0xcb:
                return Double.longBitsToDouble(number(8));
            case 0xcc:
            case 0xcd:
            case 0xce:
                return number(1 << first - 0xcc);
            case 0xcf:
                long value = number(8);
                return value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
            case 0xd0:
                return (long) (byte) number(1);
            case 0xd1:
                return (long) (short) number(2);
            case 0xd2:
                return (long) (int) number(4);
            case 0xd3:
                return number(8);
            case 0xd4:
            case 0xd5:
            case 0xd6:
            case 0xd7:
            case 0xd8:
                return extension(1 << first - 0xd4);
            case 0xd9:
            case 0xda:
            case 0xdb:
                return text(length(1 << first - 0xd9));
            case 0xdc:
            case 0xdd:
                return list(length(first == 0xdc ? 2 : 4), depth);
            case 0xde:
            case 0xdf:
                return map(length(first == 0xde ? 2 : 4), depth);
            default:
                throw wrong("no value begins with " + first);
        }
    }

    private List<Object> list(int length, int depth) {
        List<Object> items = new ArrayList<>(Math.min(length, bytes.length - at));
        for (int i = 0; i < length; i++) {
            items.add(next(depth + 1));
        }
        return items;
    }

    private Map<Object, Object> map(int length, int depth) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        for (int i = 0; i < length; i++) {
            Object key = next(depth + 1);
            entries.put(key, next(depth + 1));
        }
        return entries;
    }

    private String text(int length) {
        need(length);
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    private Object extension(int length) {
        int type = unsigned(1);
        byte[] data = take(length);
        if (type != EXTENSION_INTEGER) {
            throw wrong("extension " + type);
        }
        return new BigInteger(new String(data, StandardCharsets.US_ASCII));
    }

    private byte[] take(int length) {
        need(length);
        byte[] taken = Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        return taken;
    }

    private int length(int width) {
        long length = number(width);
        if (length < 0 || length > bytes.length) {
            throw wrong("more than there is");
        }
        return (int) length;
    }

    private int unsigned(int width) {
        return (int) number(width);
    }

    private long number(int width) {
        need(width);
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 8 | bytes[at++] & 0xff;
        }
        return value;
    }

    private void need(int length) {
        if (bytes.length - at < length) {
            throw wrong("the end comes too early");
        }
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(what + ", at byte " + at);
    }
}

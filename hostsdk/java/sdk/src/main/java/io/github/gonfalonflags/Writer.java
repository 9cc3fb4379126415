package io.github.gonfalonflags;

import java.util.Arrays;

/**
 * Writes MessagePack into a buffer that grows as far as a request may; beyond that it throws RequestException. A lone surrogate becomes
 * U+FFFD, as in every SDK.
 */
final class Writer {
    static final int MAX_BYTES = 32 << 20; // of a request, by the module's ABI

    private static final byte[] REPLACEMENT = {(byte) 0xef, (byte) 0xbf, (byte) 0xbd};

    private byte[] bytes;
    private int size;

    Writer() {
        this(64);
    }

    Writer(int room) {
        bytes = new byte[room];
    }

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    /** Returns the buffer itself, of which the first {@link #size()} bytes count. */
    byte[] buffer() {
        return bytes;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    Writer array(int length) {
        return container(length, 0x90, 0xdc);
    }

    Writer map(int length) {
        return container(length, 0x80, 0xde);
    }

    private Writer container(int length, int small, int large) {
        if (length < 16) {
            return put(small | length);
        }
        return length < 1 << 16 ? put(large).number(length, 2) : put(large + 1).number(length, 4);
    }

    Writer nil() {
        return put(0xc0);
    }

    Writer bool(boolean value) {
        return put(value ? 0xc3 : 0xc2);
    }

    Writer integer(long value) {
        if (value >= -32 && value < 128) {
            return put((int) value);
        }
        if (value >= 0) {
            if (value < 1 << 8) {
                return put(0xcc).number(value, 1);
            }
            if (value < 1 << 16) {
                return put(0xcd).number(value, 2);
            }
            return value < 1L << 32 ? put(0xce).number(value, 4) : put(0xcf).number(value, 8);
        }
        if (value >= Byte.MIN_VALUE) {
            return put(0xd0).number(value, 1);
        }
        if (value >= Short.MIN_VALUE) {
            return put(0xd1).number(value, 2);
        }
        return value >= Integer.MIN_VALUE ? put(0xd2).number(value, 4) : put(0xd3).number(value, 8);
    }

    Writer real(double value) {
        return put(0xcb).number(Double.doubleToRawLongBits(value), 8);
    }

    Writer text(String value) {
        ensure(Math.min(value.length(), MAX_BYTES + 1)); // before its length is counted
        int length = utf8Length(value);
        if (length < 32) {
            put(0xa0 | length);
        } else if (length < 1 << 8) {
            put(0xd9).number(length, 1);
        } else if (length < 1 << 16) {
            put(0xda).number(length, 2);
        } else {
            put(0xdb).number(length, 4);
        }
        ensure(length);
        if (length == value.length()) {
            ascii(value);
        } else {
            utf8(value);
        }
        return this;
    }

    Writer binary(byte[] value) {
        if (value.length < 1 << 8) {
            put(0xc4).number(value.length, 1);
        } else if (value.length < 1 << 16) {
            put(0xc5).number(value.length, 2);
        } else {
            put(0xc6).number(value.length, 4);
        }
        return raw(value);
    }

    Writer extension(int type, byte[] value) {
        int fixed = Arrays.asList(1, 2, 4, 8, 16).indexOf(value.length);
        if (fixed >= 0) {
            put(0xd4 + fixed);
        } else if (value.length < 1 << 8) {
            put(0xc7).number(value.length, 1);
        } else if (value.length < 1 << 16) {
            put(0xc8).number(value.length, 2);
        } else {
            put(0xc9).number(value.length, 4);
        }
        return put(type).raw(value);
    }

    /** Puts what has been written already. */
    Writer raw(byte[] written) {
        ensure(written.length);
        System.arraycopy(written, 0, bytes, size, written.length);
        size += written.length;
        return this;
    }

    private Writer put(int one) {
        ensure(1);
        bytes[size++] = (byte) one;
        return this;
    }

    private Writer number(long value, int width) {
        ensure(width);
        for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
        return this;
    }

    private void ascii(String value) {
        byte[] into = bytes;
        int at = size;
        for (int i = 0, n = value.length(); i < n; i++) {
            into[at + i] = (byte) value.charAt(i);
        }
        size += value.length();
    }

    private void utf8(String value) {
        for (int i = 0, n = value.length(); i < n; i++) {
            char c = value.charAt(i);
            if (c < 0x80) {
                bytes[size++] = (byte) c;
            } else if (c < 0x800) {
                bytes[size++] = (byte) (0xc0 | c >> 6);
                bytes[size++] = (byte) (0x80 | c & 0x3f);
            } else if (!Character.isSurrogate(c)) {
                bytes[size++] = (byte) (0xe0 | c >> 12);
                bytes[size++] = (byte) (0x80 | c >> 6 & 0x3f);
                bytes[size++] = (byte) (0x80 | c & 0x3f);
            } else if (isPair(value, i)) {
                int point = Character.toCodePoint(c, value.charAt(++i));
                bytes[size++] = (byte) (0xf0 | point >> 18);
                bytes[size++] = (byte) (0x80 | point >> 12 & 0x3f);
                bytes[size++] = (byte) (0x80 | point >> 6 & 0x3f);
                bytes[size++] = (byte) (0x80 | point & 0x3f);
            } else {
                raw(REPLACEMENT);
            }
        }
    }

    private static int utf8Length(String value) {
        int length = value.length();
        for (int i = 0, n = value.length(); i < n; i++) {
            char c = value.charAt(i);
            if (c >= 0x80) {
                length++;
                if (c >= 0x800) {
                    length++;
                    if (Character.isSurrogate(c) && isPair(value, i)) {
                        i++; // four bytes for two chars
                    }
                }
            }
        }
        return length;
    }

    private static boolean isPair(String value, int at) {
        return Character.isHighSurrogate(value.charAt(at))
                && at + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(at + 1));
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            if (more > MAX_BYTES - size) {
                throw new RequestException("more than " + MAX_BYTES + " bytes");
            }
            bytes = Arrays.copyOf(bytes, Math.min(MAX_BYTES, Math.max(bytes.length * 2, size + more)));
        }
    }
}

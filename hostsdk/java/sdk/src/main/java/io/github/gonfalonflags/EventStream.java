package io.github.gonfalonflags;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads a stream of server-sent events. No event is longer than a snapshot can be, so no server can fill the memory. */
final class EventStream implements Closeable {
    private static final int MOST_BYTES = Instance.MAX_SNAPSHOT_BYTES / 3 * 4 + 4096; // in base64, and its field names
    private static final int MOST_LINES = 1000; // ours have three

    private final InputStream in;
    private final byte[] buffer = new byte[8192];
    private int at;
    private int filled;
    private boolean begun;
    private boolean afterReturn; // a line feed after a carriage return is part of the same end of line

    private final Buffer line = new Buffer();
    private int bytes; // of this event, so far
    private int lines; // likewise

    EventStream(InputStream in) {
        this.in = in;
    }

    /** One event. */
    static final class Event {
        private final String kind;
        private final byte[] data;
        private final long retry;

        private Event(String kind, byte[] data, long retry) {
            this.kind = kind;
            this.data = data;
            this.retry = retry;
        }

        String kind() {
            return kind;
        }

        /** Returns the milliseconds to wait before the next connection; below 0 if the server didn't say. */
        long retry() {
            return retry;
        }

        /** Returns the bytes that the event carries. */
        byte[] frame() throws WireException {
            try {
                return Base64.getDecoder().decode(data);
            } catch (IllegalArgumentException error) {
                throw WireException.unreadable("a " + kind + " that isn't base64: " + error.getMessage());
            }
        }
    }

    /** Returns the next event; null at the end of the stream. */
    Event next() throws IOException {
        String kind = "message";
        Buffer data = new Buffer();
        long retry = -1;
        boolean any = false;
        bytes = 0;
        lines = 0;
        while (readLine()) {
            if (line.size() == 0) {
                if (any) {
                    return new Event(kind, data.toByteArray(), retry);
                }
                continue;
            }
            int colon = line.indexOf(':');
            String field = line.text(0, colon < 0 ? line.size() : colon);
            int from = colon < 0 ? line.size() : colon + (line.at(colon + 1) == ' ' ? 2 : 1);
            switch (field) {
                case "event":
                    kind = line.text(from, line.size());
                    any = true;
                    break;
                case "data":
                    if (data.size() > 0) {
                        data.write('\n');
                    }
                    data.write(line.bytes(), from, line.size() - from);
                    any = true;
                    break;
                case "retry":
                    retry = digits(line.text(from, line.size()), retry);
                    any = true;
                    break;
                default: // a comment, an id, which is the snapshot's position, or what a newer server says
            }
        }
        return null;
    }

    private static long digits(String text, long otherwise) {
        return text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9') && !text.isEmpty()
                ? Long.parseLong(text)
                : otherwise;
    }

    private boolean readLine() throws IOException {
        line.reset();
        while (true) {
            if (at == filled) {
                at = 0;
                filled = in.read(buffer);
                if (filled < 0) {
                    filled = 0;
                    return false; // an event without its end doesn't count
                }
                if (filled == 0) {
                    continue;
                }
            }
            if (afterReturn && buffer[at] == '\n') {
                afterReturn = false;
                at++;
                continue;
            }
            afterReturn = false;
            int start = at;
            while (at < filled && buffer[at] != '\n' && buffer[at] != '\r') {
                at++;
            }
            line.write(buffer, start, at - start);
            bytes += at - start;
            if (bytes > MOST_BYTES || lines > MOST_LINES) {
                throw WireException.unreadable("an event of more than " + MOST_BYTES + " bytes or " + MOST_LINES + " lines");
            }
            if (at < filled) {
                afterReturn = buffer[at++] == '\r';
                lines++;
                if (!begun) {
                    begun = true;
                    line.dropMark();
                }
                return true;
            }
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Bytes that can be looked at without a copy. */
    private static final class Buffer extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }

        int at(int index) {
            return index < count ? buf[index] : -1;
        }

        int indexOf(char c) {
            for (int i = 0; i < count; i++) {
                if (buf[i] == c) {
                    return i;
                }
            }
            return -1;
        }

        String text(int from, int to) {
            return new String(buf, from, Math.min(to - from, 1000), StandardCharsets.UTF_8); // no field's name is longer
        }

        /** Drops the byte order mark that a stream may begin with. */
        void dropMark() {
            if (count >= 3 && buf[0] == (byte) 0xef && buf[1] == (byte) 0xbb && buf[2] == (byte) 0xbf) {
                System.arraycopy(buf, 3, buf, 0, count - 3);
                count -= 3;
            }
        }
    }
}

package io.github.gonfalonflags;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An answer's body as it arrives, which waits for the next byte, and for the whole, no longer than it is told. */
final class Body extends InputStream implements BodySubscriber<Body> {
    private static final Object END = new Object();

    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>(); // at most one part, and what ends it
    private final Deque<ByteBuffer> parts = new ArrayDeque<>();
    private final long silence; // nanoseconds between two bytes
    private long end; // by System.nanoTime
    private volatile Subscription subscription;
    private boolean ended;

    /** Waits so long for each byte, and for all of them. */
    Body(Duration silence, Duration whole) {
        this.silence = silence.toNanos();
        endIn(whole);
    }

    /** Waits so long from now on for what is left of it. */
    void endIn(Duration whole) {
        end = System.nanoTime() + whole.toNanos();
    }

    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Subscription to) {
        subscription = to;
        to.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
        arrived.add(part);
    }

    @Override
    public void onError(Throwable error) {
        arrived.add(error);
    }

    @Override
    public void onComplete() {
        arrived.add(END);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (parts.isEmpty() && !ended) {
            take();
        }
        if (ended) {
            return -1;
        }
        ByteBuffer part = parts.peek();
        int count = Math.min(length, part.remaining());
        part.get(into, offset, count);
        if (!part.hasRemaining()) {
            parts.remove();
            if (parts.isEmpty()) {
                subscription.request(1);
            }
        }
        return count;
    }

    private void take() throws IOException {
        Object next;
        try {
            next = arrived.poll(Math.min(silence, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading");
        }
        if (next == null) {
            close();
            throw new HttpTimeoutException("the server sends nothing more");
        }
        if (next == END) {
            ended = true;
        } else if (next instanceof Throwable) {
            throw new IOException(((Throwable) next).getMessage(), (Throwable) next);
        } else {
            for (Object part : (List<?>) next) {
                if (((ByteBuffer) part).hasRemaining()) {
                    parts.add((ByteBuffer) part);
                }
            }
            if (parts.isEmpty()) {
                subscription.request(1);
            }
        }
    }

    @Override
    public void close() {
        if (subscription != null) {
            subscription.cancel();
        }
    }
}

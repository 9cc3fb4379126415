package io.github.gonfalonflags;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The instances of one snapshot, each with a lock. There is one at first. A thread that had to wait for one makes a copy of it, until
 * there are as many as processors: more could not run at the same time.
 */
final class Pool {
    private static final int MOST = Math.min(Runtime.getRuntime().availableProcessors(), 64);

    // Far longer than any decision, far shorter than anybody waits. A thread whose stack ended between taking an instance and
    // letting go of it never lets go.
    private static final int PATIENCE = 100; // milliseconds

    private final Slot[] slots = new Slot[MOST];
    private volatile int filled;

    private final byte[] data;
    private final Function<byte[], Instance> make;
    private final Consumer<TrapException> onTrap;

    Pool(byte[] data, Function<byte[], Instance> make, Consumer<TrapException> onTrap) {
        this.data = data;
        this.make = make;
        this.onTrap = onTrap;
        slots[0] = new Slot(make.apply(data));
        filled = 1;
    }

    /** What is asked of an instance. */
    interface Question<T> {
        T ask(Instance instance);
    }

    /** Asks an instance. If it traps, another one is asked once more; a request that traps that one, too, is at fault. */
    <T> T ask(Question<T> question) {
        Slot slot = take();
        try {
            try {
                return question.ask(slot.sound());
            } catch (TrapException trap) {
                return question.ask(slot.sound());
            }
        } finally {
            slot.lock.unlock();
        }
    }

    /** Returns a slot whose lock the caller holds from now on, and has to let go of. */
    Slot take() {
        while (true) {
            int count = filled;
            int home = count == 1 ? 0 : (int) (Thread.currentThread().getId() % count);
            for (int i = 0; i < count; i++) {
                Slot slot = slots[home + i < count ? home + i : home + i - count];
                if (slot.lock.tryLock()) {
                    return slot;
                }
            }
            Slot slot = slots[home];
            if (locked(slot)) {
                if (count < MOST) {
                    grow(slot);
                }
                return slot;
            }
            replace(home, slot);
        }
    }

    private static boolean locked(Slot slot) {
        boolean interrupted = Thread.interrupted();
        try {
            return slot.lock.tryLock(PATIENCE, TimeUnit.MILLISECONDS);
        } catch (InterruptedException now) {
            interrupted = true;
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void grow(Slot from) {
        int count = filled;
        if (count == MOST || from.instance.trap() != null) {
            return;
        }
        try {
            slots[count] = new Slot(new Instance(from.instance));
            filled = count + 1;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError error) {
            Log.info("there is no room for another instance: " + error);
        }
    }

    /** Puts a new slot in the place of one that is held for too long. */
    private synchronized void replace(int home, Slot held) {
        if (slots[home] == held) {
            slots[home] = new Slot(make.apply(data));
        }
    }

    final class Slot {
        final ReentrantLock lock = new ReentrantLock();
        private Instance instance;

        private Slot(Instance instance) {
            this.instance = instance;
        }

        /** Returns the instance, or a new one in the place of one that trapped. */
        Instance sound() {
            if (instance.trap() != null) {
                onTrap.accept(instance.trap());
                instance = make.apply(data);
            }
            return instance;
        }
    }
}

package io.github.gonfalonflags;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * Holds one environment's snapshot, which is replaced at once and never changed, and its copy on disk. {@link #engine()} takes no
 * lock; frames are taken one at a time.
 */
final class Store {
    private static final String UNRECORDED = "0".repeat(32); // the lineage of a snapshot that no control plane made

    final LongAdder taken = new LongAdder(); // snapshots from the source
    final LongAdder refused = new LongAdder(); // frames that changed nothing
    final LongAdder broken = new LongAdder(); // decisions that the engine failed to make
    final LongAdder traps = new LongAdder(); // times that the module stopped in the middle of a call
    final Mistakes mistakes = new Mistakes();

    private final String environment; // null: any
    private final Status status;
    private final Path lastGood; // null: none
    private final Secret secret;
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private final Map<String, Usage> usage = new HashMap<>(); // of snapshots that were replaced, and what couldn't be delivered
    private volatile Engine engine;

    /** Makes a store without a snapshot. The secret isn't in what it says about frames, which have a server's words in them. */
    Store(String environment, Status status, Path lastGood, Secret secret) {
        this.environment = environment;
        this.status = status;
        this.lastGood = lastGood;
        this.secret = secret;
    }

    /** Returns what decides now; null before the first snapshot. */
    Engine engine() {
        return engine;
    }

    String environment() {
        return environment;
    }

    /** Runs something whenever another snapshot serves. */
    Subscription watch(Runnable watcher) {
        watchers.add(watcher);
        return () -> watchers.remove(watcher);
    }

    /** Runs the watchers, which look at what there is. */
    void stir() {
        watchers.forEach(Runnable::run);
    }

    /** Serves the bootstrap (null: none) or the last good snapshot, whichever is newer. Throws for a bootstrap that can't be used. */
    void start(byte[] bootstrap) {
        Engine first = bootstrap == null ? null : load(bootstrap);
        Engine kept = readLastGood();
        boolean older = first != null && kept != null
                && first.info().lineage().equals(kept.info().lineage())
                && first.info().revision() > kept.info().revision();
        Engine chosen = kept == null || older ? first : kept;
        if (chosen != null) {
            engine = chosen;
            status.loaded();
        }
    }

    /**
     * Takes a snapshot; if it supersedes the position of what serves, also a lower revision. Returns false if it is what serves.
     * Throws FrameException if it may not be served.
     */
    boolean takeSnapshot(byte[] data, String supersedes) {
        return take(() -> engine != null && Arrays.equals(data, engine.data()) ? null : read(data, supersedes));
    }

    /** Takes what a delta makes of the snapshot that serves. It is spliced beside it, so no decision waits. */
    boolean takeDelta(byte[] delta) {
        return take(() -> read(splice(delta), null));
    }

    /** Counts a frame that couldn't even be read. */
    void refuse(String why) {
        refused.increment();
        mistakes.refused(why);
    }

    private interface Frame {
        Engine read();
    }

    private synchronized boolean take(Frame frame) {
        Engine fresh;
        try {
            fresh = frame.read();
        } catch (FrameException reason) {
            refuse(reason.getMessage());
            throw reason;
        }
        if (fresh == null) {
            return false;
        }
        serve(fresh);
        if (lastGood != null) {
            keep(fresh.data());
        }
        return true;
    }

    private void serve(Engine fresh) {
        Engine retired = engine;
        Set<String> changed = status.heard() ? changed(retired, fresh) : Collections.emptySet();
        engine = fresh;
        if (retired != null) {
            putUsageBack(retired.takeUsage());
        }
        taken.increment();
        status.contact();
        stir();
        tell(changed);
    }

    private static Set<String> changed(Engine before, Engine after) {
        return Records.changed(new Records(before == null ? null : before.data()), new Records(after.data()));
    }

    /** Serves another engine, as tests do. */
    void replace(Engine fresh) {
        engine = fresh;
        stir();
    }

    /** Tells that the decisions of these flags can differ from now on, by the snapshot that serves. */
    void tell(Set<String> flags) {
        Engine serving = engine;
        if (serving != null && !flags.isEmpty()) {
            status.emit(new FlagsChanged(flags, serving.info()));
        }
    }

    private byte[] splice(byte[] delta) {
        if (engine == null) {
            throw new FrameException("a delta without a snapshot to apply it to");
        }
        try {
            return new Instance(engine.data()).splice(delta);
        } catch (LoadException | RequestException | TrapException error) {
            throw new FrameException("a delta that doesn't apply: " + error.getMessage());
        }
    }

    private Engine read(byte[] data, String supersedes) {
        Engine fresh;
        try {
            fresh = load(data);
        } catch (LoadException | TrapException | IllegalArgumentException error) {
            throw new FrameException(secret.hide(error.getMessage()));
        }
        if (engine == null) {
            return fresh;
        }
        SnapshotInfo now = fresh.info();
        SnapshotInfo old = engine.info();
        if (now.id().equals(old.id())) {
            return null;
        }
        if (old.position().equals(supersedes)) {
            Log.warning("environment " + now.environment() + " goes back: " + now.position() + " takes the place of "
                    + old.position());
        } else if (!now.lineage().equals(old.lineage())) {
            Log.warning("environment " + now.environment() + " has another lineage: " + now.position() + ", was "
                    + old.position());
        } else if (!now.lineage().equals(UNRECORDED) && now.revision() <= old.revision()) {
            // Of snapshots that were made offline, revisions mean nothing: they are taken as they come.
            throw new FrameException("revision " + now.revision() + " is not above " + old.revision() + ", which serves");
        }
        return fresh;
    }

    private Engine load(byte[] data) {
        Engine loaded = new LoadedEngine(data, mistakes, this::trapped);
        SnapshotInfo info = loaded.info();
        if (environment != null && !info.environment().equals(environment)) {
            throw new IllegalArgumentException(
                    "a snapshot of environment " + info.environment() + ", not of " + environment);
        }
        if (info.unreadable() > 0) {
            Log.warning("a newer control plane wrote " + info.unreadable() + " records that this engine can't read; such flags"
                    + " are off, and so are those that require them");
        }
        return loaded;
    }

    private void trapped(TrapException trap) {
        traps.increment();
        Log.error("the module trapped and was rebuilt from the snapshot that serves", trap);
    }

    private void keep(byte[] data) {
        try {
            SnapshotFile.write(lastGood, data);
        } catch (IOException | RuntimeException error) { // it is no reason to stop serving
            mistakes.tell("the last good snapshot can't be written to " + lastGood + ": " + error);
        }
    }

    private Engine readLastGood() {
        if (lastGood == null) {
            return null;
        }
        try {
            return load(SnapshotFile.read(lastGood));
        } catch (NoSuchFileException none) {
            return null;
        } catch (IOException | RuntimeException error) {
            Log.warning("the last good snapshot " + lastGood + " is ignored: " + error);
            return null;
        }
    }

    /** Returns what was evaluated since the last time. */
    Map<String, Usage> takeUsage() {
        Engine serving = engine;
        if (serving != null) {
            putUsageBack(serving.takeUsage());
        }
        synchronized (usage) { // not the lock of frames, which is held while listeners are told
            Map<String, Usage> all = new HashMap<>(usage);
            usage.clear();
            return all;
        }
    }

    /** Keeps counts for the next time: those that couldn't be delivered, or of a snapshot that was replaced. */
    void putUsageBack(Map<String, Usage> counts) {
        synchronized (usage) {
            counts.forEach((key, count) -> usage.merge(key, count, Usage::plus));
        }
    }
}

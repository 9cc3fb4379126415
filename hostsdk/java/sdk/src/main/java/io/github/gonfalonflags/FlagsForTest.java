package io.github.gonfalonflags;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A client for tests: ask it as any other, and say what the flags are. The real engine decides, without a network, and nothing is
 * shared with other tests.
 *
 * <pre>{@code
 * FlagsForTest flags = new FlagsForTest();
 * flags.enable("new_checkout", Target.forGroup("staff"));
 * try (FlagsForTest.Change change = flags.kill("new_checkout")) { … }
 * }</pre>
 */
public final class FlagsForTest extends Flags {
    private static final String ENVIRONMENT = "test";
    private static final int SHA256_BYTES = 32;

    private final Engine base; // null: all other flags are unknown
    private Map<String, FlagForTest> flags = new TreeMap<>(Values.BY_CODE_POINT);
    private long revision;

    /** A change that was made. Closing it takes the flags back to what they were before it, and with them later changes. */
    @FunctionalInterface
    public interface Change extends AutoCloseable {
        /** Undoes the change. */
        @Override
        void close();
    }

    /** Makes flags of which the test sets all. */
    public FlagsForTest() {
        this((byte[]) null);
    }

    /** Makes flags over those of a snapshot, such as {@code gonfalon compile} makes. */
    public FlagsForTest(byte[] snapshot) {
        this(new Status(null, Runnable::run), snapshot);
    }

    /** Makes flags over those of a snapshot file. */
    public FlagsForTest(Path snapshot) {
        this(read(snapshot));
    }

    private FlagsForTest(Status status, byte[] snapshot) {
        super(new Store(null, status, null, Secret.NONE), status);
        base = snapshot == null ? null : load(snapshot);
        set(flags);
    }

    private static byte[] read(Path snapshot) {
        try {
            return SnapshotFile.read(snapshot);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private Engine load(byte[] snapshot) {
        return new LoadedEngine(snapshot, store.mistakes, trap -> Log.error("the module trapped", trap));
    }

    /** Turns a flag on for everyone. */
    public Change enable(String key) {
        return enable(key, Target.everyone());
    }

    /** Turns a flag on for what is named. */
    public Change enable(String key, Target target) {
        return change(key, target::enable);
    }

    /** Turns a flag off for everyone that no other gate grants it to. */
    public Change disable(String key) {
        return disable(key, Target.everyone());
    }

    /** Turns a flag off for what is named. */
    public Change disable(String key, Target target) {
        return change(key, target::disable);
    }

    /** Gives a flag a variant, which every actor is served. */
    public Change serve(String key, String variant) {
        return serve(key, variant, null);
    }

    /** Gives a flag a variant, which every actor is served, with a payload: a Boolean, a String, a number or a Map. */
    public Change serve(String key, String variant, Object payload) {
        return change(key, flag -> {
            flag.variant = variant;
            flag.payload = payload;
        });
    }

    /** Kills a flag: it is off, whatever its gates say. */
    public Change kill(String key) {
        return change(key, flag -> {
            flag.killed = true;
            flag.offVariant = false;
        });
    }

    /** Forgets what the test set for a flag. */
    public Change clear(String key) {
        Map<String, FlagForTest> others = new TreeMap<>(flags);
        others.remove(key);
        return set(others);
    }

    /** Forgets what the test set for all flags. */
    public Change clear() {
        return set(new TreeMap<>(Values.BY_CODE_POINT));
    }

    /** Makes the client one that has loaded nothing: every question gives the caller's fallback, until the next change. */
    public synchronized void unload() {
        store.replace(null);
        status.unloaded();
    }

    private synchronized Change change(String key, Consumer<FlagForTest> how) {
        FlagForTest before = flags.get(key);
        FlagForTest flag = before == null ? new FlagForTest() : new FlagForTest(before);
        how.accept(flag);
        Map<String, FlagForTest> all = new TreeMap<>(flags);
        all.put(key, flag);
        return set(all);
    }

    private synchronized Change set(Map<String, FlagForTest> wanted) {
        Engine engine = load(compile(wanted, ++revision)); // which may refuse them
        Map<String, FlagForTest> before = flags;
        flags = wanted;
        store.replace(base == null ? engine : new LayeredEngine(engine, base));
        status.contact();
        Set<String> changed = new HashSet<>(before.keySet());
        changed.addAll(wanted.keySet());
        changed.removeIf(key -> before.get(key) == wanted.get(key));
        store.tell(Collections.unmodifiableSet(changed));
        return () -> set(before);
    }

    /** Returns a snapshot of these flags, in the bytes that engine/snapshot/FORMAT.md describes. */
    private static byte[] compile(Map<String, FlagForTest> flags, long revision) {
        int slots = 0;
        int variants = 0;
        int prerequisites = 0;
        for (FlagForTest flag : flags.values()) {
            slots += flag.slots();
            variants += flag.variant == null ? 0 : 1;
            prerequisites += flag.requires.size();
        }
        Writer out = new Writer(1024);
        out.array(4); // the header, segments, flags, and the id: SHA-256 of every byte before it
        out.array(7).text("gonfalon").integer(1).text(ENVIRONMENT).binary(new byte[16]).integer(revision);
        out.array(1).integer(0);
        out.array(12).integer(flags.size()).integer(0).integer(slots).integer(0).integer(0).integer(0);
        out.integer(variants).integer(prerequisites).integer(0).integer(0).integer(0).integer(0);
        out.array(0);
        out.array(flags.size());
        flags.forEach((key, flag) -> out.array(2).text(key).binary(flag.record()));
        byte[] head = {(byte) 0xc4, SHA256_BYTES};
        out.raw(head);
        return out.raw(sha256(out.toBytes())).toBytes();
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) { // every Java has it
            throw new IllegalStateException(impossible);
        }
    }
}

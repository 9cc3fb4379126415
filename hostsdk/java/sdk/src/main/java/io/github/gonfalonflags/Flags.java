package io.github.gonfalonflags;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What every client does. No evaluation blocks, uses the network or throws: where nothing can be decided, the caller gets its
 * fallback.
 *
 * <p>Each takes {@code who} asks: a {@link Context}, or in its place an actor, as {@link Context#of} takes it.
 */
public abstract class Flags {
    private static final int MAX_KEYS = 100_000; // that one question may name, as many as a snapshot can have: an Iterable may have no end

    final Store store;
    final Status status;

    Flags(Store store, Status status) {
        this.store = store;
        this.status = status;
    }

    /** Reports whether the flag is on for nobody in particular. */
    public boolean enabled(String key) {
        return enabled(key, null, false);
    }

    /** Reports whether the flag is on. An unknown or killed flag is off. */
    public boolean enabled(String key, Object who) {
        return enabled(key, who, false);
    }

    /** Reports whether the flag is on; the fallback counts only where nothing could be decided. */
    public boolean enabled(String key, Object who, boolean fallback) {
        Engine engine = store.engine();
        if (engine == null) {
            return fallback;
        }
        try {
            int packed = engine.evaluate(key, who);
            if ((packed & Decision.REASON) == 0) {
                store.mistakes.unknownFlag(key);
            }
            return (packed & Decision.ENABLED) != 0;
        } catch (Throwable error) { // a decision never fails
            failed(key, error);
            return fallback;
        }
    }

    /** Returns the name of the variant that the actor is served; null if it is served none. */
    public String variant(String key, Object who) {
        return variant(key, who, null);
    }

    /** Returns the name of the variant that the actor is served, or the fallback. A disabled flag still serves its variant. */
    public String variant(String key, Object who, String fallback) {
        String variant = decide(key, who).variant();
        return variant == null ? fallback : variant;
    }

    /** Returns the served variant's payload if it is a boolean, else the fallback. */
    public boolean payloadBoolean(String key, Object who, boolean fallback) {
        return payload(key, who, fallback, Payload::bool);
    }

    /** Returns the served variant's payload if it is a string, else the fallback. */
    public String payloadString(String key, Object who, String fallback) {
        return payload(key, who, fallback, Payload::string);
    }

    /** Returns the served variant's payload if it is a number without a fraction within ±2^53, else the fallback. */
    public long payloadLong(String key, Object who, long fallback) {
        return payload(key, who, fallback, Payload::integer);
    }

    /** Returns the served variant's payload if it is a number, else the fallback. */
    public double payloadDouble(String key, Object who, double fallback) {
        return payload(key, who, fallback, Payload::number);
    }

    /** Returns the served variant's payload if it is an object, else the fallback. */
    public Map<String, Object> payloadObject(String key, Object who, Map<String, Object> fallback) {
        return payload(key, who, fallback, Payload::object);
    }

    private <T> T payload(String key, Object who, T fallback, Function<Object, T> convert) {
        T value = convert.apply(decide(key, who).payload());
        return value == null ? fallback : value;
    }

    /** Returns the whole decision about one flag. */
    public Decision decide(String key, Object who) {
        Engine engine = store.engine();
        if (engine == null) {
            return Decision.notReady(key);
        }
        try {
            return counted(engine.decide(key, who));
        } catch (Throwable error) { // a decision never fails
            failed(key, error);
            return undecided(key, engine, error);
        }
    }

    /** Returns the decisions about all flags, ascending by key. It takes one call into the module for 1,024 flags. */
    public List<Decision> decideAll(Object who) {
        return decideEach(null, who);
    }

    /** Returns the decisions about these flags, in their order. */
    public List<Decision> decideAll(Iterable<String> keys, Object who) {
        List<String> wanted = new ArrayList<>();
        try {
            for (String key : keys) {
                if (wanted.size() == MAX_KEYS) {
                    wanted.clear();
                    throw new IllegalArgumentException("more than " + MAX_KEYS + " keys");
                }
                wanted.add(key);
            }
        } catch (Throwable error) { // the program's own code
            failed(null, error);
            return undecided(wanted, error);
        }
        return decideEach(wanted, who);
    }

    private List<Decision> decideEach(List<String> wanted, Object who) {
        Engine engine = store.engine();
        if (engine == null) {
            return undecided(wanted == null ? Collections.emptyList() : wanted, null);
        }
        try {
            List<Decision> decisions = engine.decideAll(wanted, who);
            decisions.forEach(this::counted);
            return decisions;
        } catch (Throwable error) { // a decision never fails
            failed(null, error);
            return undecided(wanted == null ? keys() : wanted, error);
        }
    }

    /** Returns the decision with every gate that the engine looked at. It is not counted as an evaluation. */
    public Explanation explain(String key, Object who) {
        Engine engine = store.engine();
        if (engine == null) {
            return Explanation.without(Decision.notReady(key), store.environment() == null ? "" : store.environment());
        }
        try {
            Explanation explanation = engine.explain(key, who);
            counted(explanation.decision());
            return explanation;
        } catch (Throwable error) { // a decision never fails
            failed(key, error);
            return Explanation.without(undecided(key, engine, error), engine.info().environment());
        }
    }

    /** Returns the keys of all flags, ascending. */
    public List<String> keys() {
        Engine engine = store.engine();
        try {
            return engine == null ? Collections.emptyList() : engine.keys();
        } catch (Throwable error) { // neither does this fail
            failed(null, error);
            return Collections.emptyList();
        }
    }

    /** Returns the bytes that serve now, to be kept as a bootstrap; empty before the first. */
    public Optional<byte[]> snapshot() {
        return Optional.ofNullable(store.engine()).map(engine -> engine.data().clone());
    }

    /** Returns the description of the snapshot that serves; empty before the first. */
    public Optional<SnapshotInfo> info() {
        return Optional.ofNullable(store.engine()).map(Engine::info);
    }

    /** Returns what the answers rest on. */
    public State state() {
        return status.state();
    }

    /** Returns the client's figures now. */
    public Stats stats() {
        return new Stats(store, status);
    }

    /**
     * Calls a listener on each {@link StateChanged} and {@link FlagsChanged} until the subscription is closed: one event after another,
     * in a thread of its own, so it may take its time. One that is a thousand events late misses some. What a listener throws is
     * logged. {@link FlagsForTest} calls its listeners before a change returns.
     */
    public Subscription subscribe(Consumer<Event> listener) {
        if (listener == null) {
            throw new IllegalArgumentException("listener is null");
        }
        return status.subscribe(listener);
    }

    /** Reports whether a flag's numbers are floats to OpenFeature, because one of its payloads has a fraction. */
    public boolean isFractional(String key) {
        Engine engine = store.engine();
        try {
            return engine != null && engine.isFractional(key);
        } catch (Throwable error) { // neither does this fail
            failed(key, error);
            return false;
        }
    }

    private Decision counted(Decision decision) {
        if ((decision.packed() & Decision.REASON) == 0) {
            store.mistakes.unknownFlag(decision.key());
        } else if (decision.error() != null) {
            failed(decision.key(), decision.error());
        }
        return decision;
    }

    private static Decision undecided(String key, Engine engine, Throwable error) {
        return new Decision(key, Decision.NOT_READY, null, null, engine == null ? 0 : engine.info().revision(), error);
    }

    private List<Decision> undecided(List<String> keys, Throwable error) {
        List<Decision> decisions = new ArrayList<>(keys.size());
        for (String key : keys) {
            decisions.add(undecided(key, store.engine(), error));
        }
        return decisions;
    }

    private void failed(String key, Throwable error) {
        if (error instanceof ContextException) {
            store.mistakes.unreadableContext(
                    Collections.singleton("something that can't be read: " + error.getMessage()), 1);
            return;
        }
        store.broken.increment();
        store.mistakes.failed(key, error);
    }
}

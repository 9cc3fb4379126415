package io.github.gonfalonflags.openfeature;

import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.EventProvider;
import dev.openfeature.sdk.ImmutableMetadata;
import dev.openfeature.sdk.Metadata;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.ProviderEventDetails;
import dev.openfeature.sdk.Value;
import dev.openfeature.sdk.exceptions.FatalError;
import dev.openfeature.sdk.exceptions.ProviderNotReadyError;
import io.github.gonfalonflags.Context;
import io.github.gonfalonflags.Decision;
import io.github.gonfalonflags.Event;
import io.github.gonfalonflags.Flags;
import io.github.gonfalonflags.FlagsChanged;
import io.github.gonfalonflags.Resolution;
import io.github.gonfalonflags.State;
import io.github.gonfalonflags.StateChanged;
import io.github.gonfalonflags.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * The OpenFeature provider.
 *
 * <pre>{@code
 * OpenFeatureAPI.getInstance().setProviderAndWait(new GonfalonProvider(Gonfalon.connect(endpoint, token)));
 * }</pre>
 *
 * <p>{@code targetingKey} is the actor, and {@code groups} are its groups; both stay attributes too. A flag has one value: what its
 * variant carries (or the variant's name), or else whether it is enabled; hostsdk/README.md has the table.
 */
public final class GonfalonProvider extends EventProvider {
    private static final long AFTERWARDS = 20; // milliseconds: initialization has long ended by then
    private static final Duration LONGEST = Duration.ofDays(36_500); // as good as for ever, and can be counted

    private final Flags client;
    private final Duration readyWithin;
    private Subscription subscription;
    private volatile CountDownLatch awake = new CountDownLatch(1);
    private volatile boolean initializing;

    /** Makes a provider that any client decides for. It waits for the first snapshot for 5 s. */
    public GonfalonProvider(Flags client) {
        this(client, Duration.ofSeconds(5));
    }

    /**
     * Makes a provider that waits so long for the first snapshot when it is initialized. Without one its state is ERROR, or FATAL if
     * the server refuses its token or environment; it becomes READY by itself when a snapshot arrives later.
     */
    public GonfalonProvider(Flags client, Duration readyWithin) {
        this.client = client;
        this.readyWithin = readyWithin.compareTo(LONGEST) < 0 ? readyWithin : LONGEST;
    }

    @Override
    public Metadata getMetadata() {
        return () -> "gonfalon";
    }

    @Override
    public void initialize(EvaluationContext context) throws Exception {
        awake = new CountDownLatch(1);
        initializing = true;
        try {
            synchronized (this) {
                if (subscription == null) {
                    subscription = client.subscribe(this::hear);
                }
            }
            if (!settled()) {
                awake.await(readyWithin.toMillis(), TimeUnit.MILLISECONDS);
            }
        } finally {
            initializing = false;
        }
        if (client.info().isEmpty()) {
            String message = "no flags yet: " + why();
            throw client.state() == State.ERROR ? new FatalError(message) : new ProviderNotReadyError(message);
        }
        if (client.state() == State.STALE) {
            // OpenFeature calls a provider ready when this returns, so that it is stale must be said after that.
            CompletableFuture.delayedExecutor(AFTERWARDS, TimeUnit.MILLISECONDS).execute(this::tellIfStale);
        }
    }

    /** Ends listening, and closes the client if it can be closed. */
    @Override
    public void shutdown() {
        synchronized (this) {
            if (subscription != null) {
                subscription.close();
                subscription = null;
            }
        }
        awake.countDown();
        if (client instanceof AutoCloseable) {
            try {
                ((AutoCloseable) client).close();
            } catch (Exception impossible) { // no client of ours throws
                throw new IllegalStateException(impossible);
            }
        }
        super.shutdown();
    }

    @Override
    public ProviderEvaluation<Boolean> getBooleanEvaluation(String key, Boolean fallback, EvaluationContext context) {
        return resolve(key, fallback, context, "a boolean", (any, value) -> value instanceof Boolean ? (Boolean) value : null);
    }

    @Override
    public ProviderEvaluation<String> getStringEvaluation(String key, String fallback, EvaluationContext context) {
        return resolve(key, fallback, context, "a string", (any, value) -> value instanceof String ? (String) value : null);
    }

    @Override
    public ProviderEvaluation<Integer> getIntegerEvaluation(String key, Integer fallback, EvaluationContext context) {
        return resolve(key, fallback, context, "an integer of 32 bits", this::integer);
    }

    @Override
    public ProviderEvaluation<Double> getDoubleEvaluation(String key, Double fallback, EvaluationContext context) {
        return resolve(key, fallback, context, "a number",
                (any, value) -> value instanceof Number ? ((Number) value).doubleValue() : null);
    }

    @Override
    public ProviderEvaluation<Value> getObjectEvaluation(String key, Value fallback, EvaluationContext context) {
        return resolve(key, fallback, context, "an object", (any, value) -> value instanceof Map ? Values.of(value) : null);
    }

    /** Returns an integer; null for a flag whose numbers are floats, whichever is served. */
    private Integer integer(String key, Object value) {
        boolean whole = value instanceof Number && ((Number) value).doubleValue() == ((Number) value).intValue();
        return whole && !client.isFractional(key) ? (Integer) ((Number) value).intValue() : null;
    }

    private <T> ProviderEvaluation<T> resolve(
            String key, T fallback, EvaluationContext given, String kind, BiFunction<String, Object, T> convert) {
        ProviderEvaluation<T> answer = new ProviderEvaluation<>();
        answer.setValue(fallback);
        Context who;
        try {
            who = context(given);
        } catch (Throwable thrown) { // the program's own code
            return failed(answer, ErrorCode.INVALID_CONTEXT, "the context can't be read: " + thrown.getClass().getName());
        }
        Decision decision = client.decide(key, who);
        Resolution found = Resolution.of(decision);
        answer.setFlagMetadata(metadata(decision));
        answer.setVariant(found.variant());
        answer.setReason(found.reason());
        if (!found.error().isEmpty()) {
            return failed(answer, ErrorCode.valueOf(found.error()), message(found, key));
        }
        if (found.value() == null) {
            return answer;
        }
        T value = convert.apply(key, found.value());
        if (value == null) {
            return failed(answer, ErrorCode.TYPE_MISMATCH, "the value is " + found.value() + ", not " + kind);
        }
        answer.setValue(value);
        return answer;
    }

    private static <T> ProviderEvaluation<T> failed(ProviderEvaluation<T> answer, ErrorCode code, String message) {
        answer.setReason("ERROR");
        answer.setErrorCode(code);
        answer.setErrorMessage(message);
        return answer;
    }

    private static Context context(EvaluationContext given) {
        if (given == null) {
            return Context.nobody();
        }
        Map<String, Object> attributes = new HashMap<>();
        given.asMap().forEach((name, value) -> attributes.put(name, Values.from(value)));
        String key = given.getTargetingKey();
        if (key != null) {
            attributes.put(EvaluationContext.TARGETING_KEY, key); // for rules on it, as over OFREP
        }
        return Context.of(attributes.get(EvaluationContext.TARGETING_KEY))
                .inGroups(attributes.get("groups"))
                .with(attributes);
    }

    private ImmutableMetadata metadata(Decision decision) {
        ImmutableMetadata.ImmutableMetadataBuilder metadata = ImmutableMetadata.builder();
        Resolution.metadata(decision, client.state() == State.STALE).forEach((name, value) -> {
            if (value instanceof Boolean) {
                metadata.addBoolean(name, (Boolean) value);
            } else if (value instanceof Long) {
                metadata.addLong(name, (Long) value);
            } else {
                metadata.addString(name, (String) value);
            }
        });
        return metadata.build();
    }

    private String message(Resolution found, String key) {
        switch (found.error()) {
            case "PROVIDER_NOT_READY":
                return why();
            case "FLAG_NOT_FOUND":
                return "flag " + key + " not found";
            case "INVALID_CONTEXT":
                return "the context can't be read; the log says why";
            default:
                return "the engine failed";
        }
    }

    /** Returns why there are no flags, or old ones. */
    private String why() {
        return client.stats().lastError().orElse("the source hasn't answered yet");
    }

    /** Reports whether waiting longer would change nothing. */
    private boolean settled() {
        return client.info().isPresent() || client.state() == State.ERROR;
    }

    private synchronized void tellIfStale() {
        if (subscription != null && client.state() == State.STALE) {
            emitProviderStale(ProviderEventDetails.builder().message(why()).build());
        }
    }

    private void hear(Event event) {
        if (initializing) { // OpenFeature tells of what comes of that
            if (settled()) {
                awake.countDown();
            }
            return;
        }
        if (event instanceof FlagsChanged) {
            FlagsChanged change = (FlagsChanged) event;
            emitProviderConfigurationChanged(ProviderEventDetails.builder()
                    .flagsChanged(Collections.unmodifiableList(new ArrayList<>(change.flags())))
                    .eventMetadata(ImmutableMetadata.builder().addLong("revision", change.revision()).build())
                    .build());
            return;
        }
        StateChanged change = (StateChanged) event;
        ProviderEventDetails.ProviderEventDetailsBuilder<?, ?> details = ProviderEventDetails.builder().message(change.error());
        if (change.state() == State.READY) {
            emitProviderReady(details.build());
        } else if (change.state() == State.STALE) {
            emitProviderStale(details.build());
        } else if (change.state() == State.ERROR) {
            emitProviderError(details.errorCode(ErrorCode.PROVIDER_FATAL).build());
        }
    }
}

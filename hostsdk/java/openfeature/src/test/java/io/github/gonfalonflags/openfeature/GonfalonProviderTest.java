package io.github.gonfalonflags.openfeature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.EventDetails;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.MutableContext;
import dev.openfeature.sdk.MutableStructure;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Value;
import dev.openfeature.sdk.exceptions.ProviderNotReadyError;
import io.github.gonfalonflags.FlagsForTest;
import io.github.gonfalonflags.Target;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GonfalonProviderTest {
    private final FlagsForTest flags = new FlagsForTest();
    private final OpenFeatureAPI api = OpenFeatureAPI.getInstance();

    @AfterEach
    void end() {
        api.shutdown();
    }

    @Test
    void itDecidesForOpenFeature() {
        flags.enable("staff", Target.forGroup("staff"));
        flags.serve("size", "large", 7);
        flags.serve("style", "blue", Map.of("hex", "#00f", "width", 2, "parts", List.of(1, 0.5)));
        flags.enable("killed");
        flags.kill("killed");
        api.setProviderAndWait(new GonfalonProvider(flags));
        Client client = api.getClient();
        ImmutableContext ada =
                new ImmutableContext("ada", Map.of("groups", new Value(List.of(new Value("staff")))));

        FlagEvaluationDetails<Boolean> staff = client.getBooleanDetails("staff", false, ada);
        assertTrue(staff.getValue());
        assertEquals("TARGETING_MATCH", staff.getReason());
        assertEquals("group/staff", staff.getFlagMetadata().getString("gate"));
        assertEquals(7, client.getIntegerValue("size", 0, ada));
        assertEquals(7.0, client.getDoubleValue("size", 0.0, ada));
        assertEquals("#00f", client.getObjectValue("style", new Value(), ada).asStructure().getValue("hex").asString());
        assertEquals(ErrorCode.TYPE_MISMATCH, client.getStringDetails("size", "", ada).getErrorCode());
        assertEquals(ErrorCode.FLAG_NOT_FOUND, client.getBooleanDetails("nothing", true, ada).getErrorCode());
        assertTrue(client.getBooleanValue("nothing", true, ada));
        assertEquals("off", client.getBooleanDetails("killed", true, ada).getVariant());
    }

    @Test
    void aChangeIsAnEvent() throws Exception {
        api.setProviderAndWait(new GonfalonProvider(flags));
        BlockingQueue<EventDetails> changes = new LinkedBlockingQueue<>();
        api.onProviderConfigurationChanged(changes::add);
        flags.enable("new_checkout");
        EventDetails change = changes.poll(10, TimeUnit.SECONDS);
        assertEquals(List.of("new_checkout"), change.getFlagsChanged());
    }

    @Test
    void withoutASnapshotItIsNotReady() {
        flags.unload();
        GonfalonProvider provider = new GonfalonProvider(flags, Duration.ofMillis(10));
        assertThrows(ProviderNotReadyError.class, () -> provider.initialize(new ImmutableContext()));
        assertEquals(ErrorCode.PROVIDER_NOT_READY, provider.getBooleanEvaluation("a", true, null).getErrorCode());
    }

    @Test
    void itSaysWhatFailed() {
        ProviderEvaluation<Boolean> found = new GonfalonProvider(flags).getBooleanEvaluation(null, true, new MutableContext("u"));
        assertEquals(ErrorCode.GENERAL, found.getErrorCode());
        assertEquals("the engine failed", found.getErrorMessage());
        found = new GonfalonProvider(flags).getBooleanEvaluation("a", true, null);
        assertEquals("flag a not found", found.getErrorMessage());
    }

    @Test
    void itWaitsAsLongAsCanBe() throws Exception {
        flags.enable("a");
        new GonfalonProvider(flags, ChronoUnit.FOREVER.getDuration()).initialize(new ImmutableContext());
        flags.unload();
        GonfalonProvider waiting = new GonfalonProvider(flags, ChronoUnit.FOREVER.getDuration());
        Thread starting = new Thread(() -> {
            try {
                waiting.initialize(new ImmutableContext());
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        starting.start();
        starting.join(200);
        assertTrue(starting.isAlive(), "it waits");
        flags.enable("a");
        starting.join(10_000);
        assertFalse(starting.isAlive(), "it has ended");
    }

    @Test
    void noContextMakesAnEvaluationFail() {
        FlagsForTest flags = new FlagsForTest();
        flags.enable("a");
        GonfalonProvider provider = new GonfalonProvider(flags);
        Value deep = new Value("x");
        for (int i = 0; i < 100_000; i++) {
            deep = new Value(new MutableStructure(Map.of("in", new Value(List.of(deep)))));
        }
        List<Value> endless = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            endless.add(new Value(endless));
        }
        for (Value odd : List.of(deep, new Value(endless), new Value(Instant.MAX), new Value(Double.NaN))) {
            assertTrue(provider.getBooleanEvaluation("a", false, new MutableContext("u", Map.of("odd", odd, "groups", odd))).getValue());
        }
        EvaluationContext broken = (EvaluationContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {EvaluationContext.class}, (self, method, arguments) -> {
                    throw new IllegalStateException("mine");
                });
        ProviderEvaluation<Boolean> found = provider.getBooleanEvaluation("a", true, broken);
        assertTrue(found.getValue());
        assertEquals(ErrorCode.INVALID_CONTEXT, found.getErrorCode());
    }
}

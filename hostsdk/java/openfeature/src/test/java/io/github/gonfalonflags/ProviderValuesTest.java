package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.openfeature.sdk.MutableContext;
import dev.openfeature.sdk.MutableStructure;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Value;
import io.github.gonfalonflags.openfeature.GonfalonProvider;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs hostsdk/testdata/values.json, as every provider does. */
class ProviderValuesTest {
    @TestFactory
    List<DynamicTest> theProviderReadsValuesAsTheContractSays() {
        List<DynamicTest> tests = new ArrayList<>();
        Map<String, Object> contract = Repository.document("hostsdk/testdata/values.json");
        for (Map<String, Object> one : Repository.objects(contract.get("cases"))) {
            if (((List<?>) one.getOrDefault("hosts", List.of("provider"))).contains("provider")) {
                tests.add(dynamicTest((String) one.get("about"), () -> ask(one)));
            }
        }
        assertTrue(tests.size() > 100, "only " + tests.size() + " cases");
        return tests;
    }

    private static void ask(Map<String, Object> one) throws InstantiationException {
        Assumptions.assumeFalse(one.containsKey("roll"), "a provider can't set chance");
        Map<String, Object> want = Payload.object(one.get("want"));
        Object wanted = want.containsKey("value") ? want.get("value") : want.get("enabled");
        boolean wide = wanted instanceof Number && Math.abs(((Number) wanted).doubleValue()) > Integer.MAX_VALUE;
        Assumptions.assumeFalse(wide && "integer".equals(one.get("as")), "an Integer of OpenFeature has 32 bits");
        Map<String, Value> attributes = new HashMap<>();
        if (one.containsKey("attributes")) {
            Payload.object(one.get("attributes")).forEach((name, typed) -> attributes.put(name, value(typed)));
        }
        for (Map.Entry<String, String> part : Map.of("actor", "targetingKey", "groups", "groups").entrySet()) {
            if (one.containsKey(part.getKey())) {
                attributes.put(part.getValue(), value(one.get(part.getKey())));
            }
        }
        MutableContext context = new MutableContext(attributes);
        try (Gonfalon flags = ValuesTest.client(one)) {
            GonfalonProvider provider = new GonfalonProvider(flags);
            ProviderEvaluation<?> found = evaluate(provider, one, context);
            String error = found.getErrorCode() == null ? "" : found.getErrorCode().name();
            assertEquals(want.getOrDefault("error", ""), error, found.toString());
            assertTrue(same(wanted, found.getValue()), found.getValue() + " is not " + wanted);
            if (error.isEmpty()) {
                assertEquals(want.get("enabled"), found.getFlagMetadata().getBoolean("enabled"));
                String gate = found.getFlagMetadata().getString("gate");
                assertEquals(want.get("gate"), gate == null ? "" : gate);
            }
        }
    }

    private static ProviderEvaluation<?> evaluate(GonfalonProvider provider, Map<String, Object> one, MutableContext context)
            throws InstantiationException {
        String flag = (String) one.get("flag");
        Object fallback = one.get("default");
        switch ((String) one.getOrDefault("as", "boolean")) {
            case "boolean":
                return provider.getBooleanEvaluation(flag, Boolean.TRUE.equals(fallback), context);
            case "string":
                return provider.getStringEvaluation(flag, (String) fallback, context);
            case "integer":
                return provider.getIntegerEvaluation(flag, ((Number) fallback).intValue(), context);
            case "float":
                return provider.getDoubleEvaluation(flag, ((Number) fallback).doubleValue(), context);
            default: // an object
                return provider.getObjectEvaluation(flag, wrapped(fallback), context);
        }
    }

    /** Returns a typed value as OpenFeature has it; skips the case if it has none. */
    private static Value value(Object typed) {
        try {
            return wrapped(Typed.value(Payload.object(typed), null));
        } catch (Typed.Unknown | InstantiationException unknown) {
            Assumptions.abort("OpenFeature has no such value: " + typed);
            return null;
        }
    }

    private static Value wrapped(Object value) throws InstantiationException {
        if (value instanceof List) {
            List<Value> items = new ArrayList<>();
            for (Object item : (List<?>) value) {
                items.add(wrapped(item));
            }
            return new Value(items);
        }
        if (value instanceof Map) {
            MutableStructure members = new MutableStructure();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                members.add((String) member.getKey(), wrapped(member.getValue()));
            }
            return new Value(members);
        }
        if (value instanceof OffsetDateTime) {
            return new Value(((OffsetDateTime) value).toInstant());
        }
        return value == null ? new Value() : new Value(value);
    }

    private static boolean same(Object wanted, Object found) {
        if (wanted instanceof Map && found instanceof Value) {
            Map<String, Value> members = ((Value) found).asStructure().asMap();
            return members.keySet().equals(((Map<?, ?>) wanted).keySet())
                    && ((Map<?, ?>) wanted).entrySet().stream().allMatch(one -> same(one.getValue(), members.get(one.getKey())));
        }
        if (wanted instanceof List && found instanceof Value) {
            List<Value> items = ((Value) found).asList();
            for (int i = 0; i < items.size(); i++) {
                if (!same(((List<?>) wanted).get(i), items.get(i))) {
                    return false;
                }
            }
            return items.size() == ((List<?>) wanted).size();
        }
        Object plain = found instanceof Value ? ((Value) found).asObject() : found;
        if (wanted instanceof Number && plain instanceof Number) {
            return ((Number) wanted).doubleValue() == ((Number) plain).doubleValue();
        }
        return wanted == null ? plain == null : wanted.equals(plain);
    }
}

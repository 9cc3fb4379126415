package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Runs hostsdk/testdata/values.json, as every SDK does. */
class ValuesTest {
    private static final Map<String, Object> CONTRACT = Repository.document("hostsdk/testdata/values.json");

    @TestFactory
    List<DynamicTest> aClientReadsValuesAsTheContractSays() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map<String, Object> one : Repository.objects(CONTRACT.get("cases"))) {
            if (((List<?>) one.getOrDefault("hosts", List.of("sdk"))).contains("sdk")) {
                tests.add(dynamicTest((String) one.get("about"), () -> ask(one)));
            }
        }
        assertTrue(tests.size() > 100, "only " + tests.size() + " cases");
        return tests;
    }

    private static void ask(Map<String, Object> one) {
        Map<String, Object> want = Payload.object(one.get("want"));
        Context who = context(one);
        String flag = (String) one.get("flag");
        try (Gonfalon flags = client(one)) {
            Decision decision = flags.decide(flag, who);
            assertEquals(want.get("enabled"), decision.enabled());
            assertEquals(want.get("reason"), decision.reason().name());
            assertEquals(want.get("gate"), decision.path());
            if (decision.reason() == Reason.NOT_READY) {
                assertEquals(want.getOrDefault("error", ""), Resolution.of(decision).error());
            }
            Object wanted = want.containsKey("value") ? want.get("value") : want.get("enabled");
            Object found = value(flags, flag, who, (String) one.getOrDefault("as", "enabled"), one.get("default"));
            assertTrue(same(wanted, found), found + " is not " + wanted);
        }
    }

    static Context context(Map<String, Object> one) {
        try {
            Object actor = one.containsKey("actor") ? Typed.value(Payload.object(one.get("actor")), null) : null;
            Map<String, Object> attributes = new LinkedHashMap<>();
            if (one.containsKey("attributes")) {
                Payload.object(one.get("attributes"))
                        .forEach((name, value) -> attributes.put(name, Typed.value(Payload.object(value), null)));
            }
            Object groups = one.containsKey("groups") ? Typed.value(Payload.object(one.get("groups")), actor) : null;
            Context who = groups instanceof Member ? Context.of(groups) : Context.of(actor).inGroups(groups);
            who = who.with(attributes);
            return one.containsKey("roll") ? who.roll(new BigInteger((String) one.get("roll")).longValue()) : who;
        } catch (Typed.Unknown unknown) {
            Assumptions.abort(unknown.getMessage());
            return null;
        }
    }

    static Gonfalon client(Map<String, Object> one) {
        Options options = new Options();
        if (Boolean.FALSE.equals(one.get("loaded"))) {
            return Gonfalon.connect(options.file(Path.of("/nonexistent/flags.snapshot")).readyWithin(Duration.ZERO));
        }
        return Gonfalon.connect(options.bootstrap(Base64.getDecoder().decode((String) CONTRACT.get("snapshot"))));
    }

    private static Object value(Gonfalon flags, String flag, Context who, String as, Object fallback) {
        switch (as) {
            case "enabled":
                return flags.enabled(flag, who, Boolean.TRUE.equals(fallback));
            case "boolean":
                return flags.payloadBoolean(flag, who, (Boolean) fallback);
            case "string":
                return flags.payloadString(flag, who, (String) fallback);
            case "integer":
                return flags.payloadLong(flag, who, (Long) fallback);
            case "float":
                return flags.payloadDouble(flag, who, ((Number) fallback).doubleValue());
            default:
                return flags.payloadObject(flag, who, Payload.object(fallback));
        }
    }

    /** Reports whether two values are the same, whichever of Java's numbers they are made of. */
    private static boolean same(Object wanted, Object found) {
        if (wanted instanceof Map && found instanceof Map) {
            Map<?, ?> members = (Map<?, ?>) found;
            return members.keySet().equals(((Map<?, ?>) wanted).keySet())
                    && ((Map<?, ?>) wanted).entrySet().stream().allMatch(one -> same(one.getValue(), members.get(one.getKey())));
        }
        if (wanted instanceof Number && found instanceof Number) {
            return ((Number) wanted).doubleValue() == ((Number) found).doubleValue();
        }
        return Objects.equals(wanted, found);
    }

    @Test
    void timesAreWrittenToTheMicrosecond() {
        assertEquals("2026-11-27T10:00:00.25Z", Values.moment(java.time.Instant.parse("2026-11-27T10:00:00.250000999Z")));
        assertEquals("2026-11-27T10:00:00Z", Values.moment(java.time.Instant.parse("2026-11-27T10:00:00.000000999Z")));
    }

    @Test
    void timesAreTheSameInEveryLocale() {
        Locale usual = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertEquals("2026-11-27T10:00:00.25Z", Values.moment(java.time.Instant.parse("2026-11-27T10:00:00.250Z")));
        } finally {
            Locale.setDefault(usual);
        }
    }

    @Test
    void keysOfMapsAscendByCodePoint() {
        assertTrue(Values.BY_CODE_POINT.compare("\ufffd", "\ud83d\ude00") < 0);
        assertTrue(Values.BY_CODE_POINT.compare("a", "ab") < 0);
        assertTrue(Values.BY_CODE_POINT.compare("é", "z") > 0);
    }
}

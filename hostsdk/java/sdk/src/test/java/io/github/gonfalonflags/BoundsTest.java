package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large. */
class BoundsTest {
    private static final Map<String, Object> BOUNDS = Repository.document("hostsdk/testdata/bounds.json");

    @TestFactory
    Stream<DynamicTest> aContextThatIsTooLargeComesToWhatTheContractSays() {
        return Stream.of("cases", "requests")
                .flatMap(name -> Repository.objects(BOUNDS.get(name)).stream())
                .map(one -> dynamicTest((String) one.get("about"), () -> ask(one)));
    }

    @TestFactory
    Stream<DynamicTest> aQuestionNamesNoMoreKeysThanTheContractSays() {
        return Repository.objects(BOUNDS.get("keys")).stream().map(one -> dynamicTest((String) one.get("about"), () -> {
            int wanted = number(one.get("decisions"));
            try (Gonfalon flags = ValuesTest.client(one)) {
                List<String> keys = Collections.nCopies(number(one.get("count")), "who");
                assertEquals(wanted, flags.decideAll(keys, null).size());
                assertEquals(wanted == 0 ? 1 : 0, flags.stats().broken());
            }
        }));
    }

    private static void ask(Map<String, Object> one) {
        Map<String, Object> want = Payload.object(one.get("want"));
        Map<String, Object> more = new HashMap<>();
        for (int i = 0; i < number(one.getOrDefault("more_attributes", 0)); i++) {
            more.put("more " + i, 0);
        }
        Context who = ValuesTest.context(one).with(more);
        String flag = (String) one.get("flag");
        try (Gonfalon flags = ValuesTest.client(one)) {
            List<Decision> decisions = new ArrayList<>(flags.decideAll(List.of(flag), who));
            decisions.add(flags.decide(flag, who));
            for (Decision decision : decisions) {
                assertEquals(want.get("enabled"), decision.enabled(), () -> decision + ": " + decision.error());
                assertEquals(want.get("reason"), decision.reason().name());
                assertEquals(want.get("gate"), decision.path());
                assertEquals("INVALID_CONTEXT".equals(want.get("error")), decision.error() instanceof ContextException);
            }
            assertEquals(want.get("enabled"), flags.enabled(flag, who));
            assertEquals(0, flags.stats().broken());
        }
    }

    private static int number(Object value) {
        return ((Number) value).intValue();
    }
}

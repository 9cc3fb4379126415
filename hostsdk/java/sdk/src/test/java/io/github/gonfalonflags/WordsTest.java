package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Explanations have the words that every SDK has: hostsdk/explanations.json. */
class WordsTest {
    @TestFactory
    List<DynamicTest> words() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map<String, Object> one : Repository.objects(Json.read(Repository.text("hostsdk/explanations.json")))) {
            tests.add(dynamicTest((String) one.get("about"), () -> {
                List<?> written = (List<?>) Reader.read(Base64.getDecoder().decode((String) one.get("explanation")));
                List<Object> told = new ArrayList<>();
                for (Object part : (List<?>) written.get(1)) {
                    Step step = Step.read((List<?>) part);
                    String target = step.target() == null ? "" : step.target();
                    told.add(List.of(step.gate().toString(), target, step.outcome(), step.detail()));
                }
                assertEquals(one.get("steps"), told);
            }));
        }
        assertFalse(tests.isEmpty());
        return tests;
    }
}

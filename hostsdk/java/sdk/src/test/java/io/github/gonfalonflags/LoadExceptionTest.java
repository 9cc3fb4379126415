package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A snapshot is refused in the engine's words: hostsdk/testdata/load-codes.json. */
class LoadExceptionTest {
    @Test
    void theWordsAreTheEngines() {
        List<Map<String, Object>> codes = Repository.objects(Json.read(Repository.text("hostsdk/testdata/load-codes.json")));
        assertEquals(codes.size() + 1, LoadException.SENTENCES.length); // 0 is none
        for (Map<String, Object> one : codes) {
            int code = ((Number) one.get("code")).intValue();
            assertEquals(one.get("words") + " (code " + code + ") at byte 7", new LoadException(code, 7).getMessage());
        }
        assertTrue(new LoadException(99, 0).getMessage().startsWith("refused (code 99)"));
    }
}

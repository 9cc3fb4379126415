package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Addresses are refused in the words of every SDK: hostsdk/testdata/endpoints.json. */
class EndpointTest {
    @Test
    void anEndpointIsRefusedInTheWordsOfEveryLanguage() {
        for (Map<String, Object> one : Repository.objects(Json.read(Repository.text("hostsdk/testdata/endpoints.json")))) {
            String endpoint = (String) one.get("endpoint");
            Options options = new Options(endpoint, "token").readyWithin(Duration.ZERO);
            if (endpoint.contains("flags_1")) {
                assertEquals(Endpoint.UNASKABLE, refused(options), endpoint); // java.net.URI has no such host
            } else if (one.get("words") == null) {
                assertDoesNotThrow(options::check, endpoint);
            } else {
                assertEquals(one.get("words"), refused(options), endpoint);
            }
        }
    }

    @Test
    void whatIsInAnAddressIsNeverShown() {
        for (String endpoint : List.of("http://user:secret@a", "http://secret@", "user:secret@a", "http://a?secret", "secret\n")) {
            Options options = new Options(endpoint, "token");
            assertFalse(options.toString().contains("secret"), options.toString());
            assertFalse(refused(options).contains("secret"), endpoint);
        }
    }

    private static String refused(Options options) {
        return assertThrows(IllegalArgumentException.class, options::check, options.toString()).getMessage();
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void whatIsNoJsonIsRefused() {
        for (String text : List.of("", " ", "{", "[1,]", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "-", "nul", "tru", "'a'", "\"a",
                "\"\\x\"", "\"\\u12\"", "\"\t\"", "[1 2]", "{a:1}", "1 2", "NaN", "Infinity", "--1", "\"\\u٠٠٠٠\"", "[".repeat(10_000))) {
            assertThrows(IllegalArgumentException.class, () -> Json.read(text), text);
        }
    }

    @Test
    void numbersAreThoseOfEveryLanguage() {
        assertEquals(9007199254740992L, Json.read("9007199254740992"));
        assertEquals(9007199254740992.0, Json.read("9007199254740993"));
        assertEquals(1.0, Json.read("1.0"));
        assertEquals(-0L, Json.read("-0"));
        assertEquals(1e21, Json.read("1000000000000000000000"));
        assertEquals(Double.POSITIVE_INFINITY, Json.read("1e999"));
    }

    @Test
    void whatWasWrittenIsReadAgain() {
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            Object value = value(random, 4);
            assertEquals(value, Json.read(Json.write(value)));
        }
    }

    @Test
    void brokenTextsThrowNothingElse() {
        Random random = new Random(2);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(Json.write(value(random, 3)));
            for (int n = random.nextInt(3); n >= 0; n--) {
                int at = random.nextInt(text.length() + 1);
                if (random.nextBoolean() && at < text.length()) {
                    text.deleteCharAt(at);
                } else {
                    text.insert(at, "{}[]\",:\\u0e+-.tfn \n".charAt(random.nextInt(19)));
                }
            }
            try {
                Json.read(text.toString());
            } catch (IllegalArgumentException expected) {
                continue;
            }
        }
    }

    private static Object value(Random random, int depth) {
        switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0:
                return null;
            case 1:
                return random.nextBoolean();
            case 2:
                return random.nextLong() >> 11 + random.nextInt(50);
            case 3:
                return random.nextGaussian() * 1e20;
            case 4:
                StringBuilder text = new StringBuilder();
                for (int n = random.nextInt(8); n > 0; n--) {
                    text.append((char) random.nextInt(random.nextBoolean() ? 128 : 65536));
                }
                return text.toString();
            case 5:
                List<Object> items = new ArrayList<>();
                for (int n = random.nextInt(4); n > 0; n--) {
                    items.add(value(random, depth - 1));
                }
                return items;
            default:
                Map<String, Object> members = new LinkedHashMap<>();
                for (int n = random.nextInt(4); n > 0; n--) {
                    members.put("m" + n, value(random, depth - 1));
                }
                return members;
        }
    }
}

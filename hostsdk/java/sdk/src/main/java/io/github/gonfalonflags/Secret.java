package io.github.gonfalonflags;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;

/** The token, taken out of whatever a server says: as it is, percent-encoded, or in base64, in any case of letters. */
final class Secret {
    /** No secret at all. */
    static final Secret NONE = new Secret("");

    private static final int SHORTEST = 8; // characters of a token: shorter ones are words, and no secret

    private final Pattern pattern; // null: there is nothing to take out

    Secret(String token) {
        pattern = token.length() < SHORTEST ? null : Pattern.compile(anyForm(token), Pattern.CASE_INSENSITIVE);
    }

    private static String anyForm(String token) {
        StringBuilder form = new StringBuilder();
        for (char c : token.toCharArray()) {
            form.append(String.format("(?:%s|%%%02x)", Pattern.quote(String.valueOf(c)), (int) c));
        }
        // Beside other bytes, base64 depends on where the token begins; what is sure of it is in whole groups of three bytes.
        byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
        for (int skipped = 0; skipped < 3; skipped++) {
            byte[] whole = Arrays.copyOfRange(bytes, skipped, skipped + (bytes.length - skipped) / 3 * 3);
            form.append('|').append(Pattern.quote(Base64.getEncoder().encodeToString(whole)));
            form.append('|').append(Pattern.quote(Base64.getUrlEncoder().encodeToString(whole)));
        }
        return form.toString();
    }

    /** Returns a text without the token. */
    String hide(String text) {
        return pattern == null || text == null ? text : pattern.matcher(text).replaceAll("[token]");
    }
}

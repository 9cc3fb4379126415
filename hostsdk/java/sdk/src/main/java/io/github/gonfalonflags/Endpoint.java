package io.github.gonfalonflags;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a server, checked before anything is asked there. The words are every SDK's, and don't repeat the address, since it
 * may have a secret in it. The cases are in hostsdk/testdata/endpoints.json.
 */
final class Endpoint {
    /** Of what is no address to {@code java.net.URI}, such as a host with an underscore. */
    static final String UNASKABLE = "the endpoint is no address that Java's HTTP client can ask";

    private static final Pattern URL = Pattern.compile("(?i)https?://(?<authority>[^/?#]*)[^?#]*(?<rest>.*)");
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?<colon>:(?<port>.*))?");

    private Endpoint() {}

    /** Throws IllegalArgumentException if an endpoint can't be one. */
    static void check(String endpoint) {
        String wrong = wrong(endpoint);
        if (wrong != null) {
            throw new IllegalArgumentException(wrong);
        }
    }

    /** Returns what is wrong with an endpoint; null if nothing is. */
    static String wrong(String endpoint) {
        if (!endpoint.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\')) {
            return "the endpoint has a character that no URL has";
        }
        Matcher url = URL.matcher(endpoint);
        if (!url.matches()) {
            return "the endpoint is not an http or https URL";
        }
        if (url.group("authority").contains("@")) {
            return "the endpoint has a user in it";
        }
        if (!url.group("rest").isEmpty()) {
            return "the endpoint has a query or a fragment";
        }
        Matcher authority = AUTHORITY.matcher(url.group("authority"));
        if (!authority.matches()) {
            return "the endpoint has no host";
        }
        if (authority.group("colon") != null && !isPort(authority.group("port"))) {
            return "the endpoint has a port that is not in 1 to 65535";
        }
        return isAskable(endpoint) ? null : UNASKABLE;
    }

    private static boolean isPort(String text) {
        return text.matches("[0-9]{1,5}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 65535;
    }

    private static boolean isAskable(String endpoint) {
        try {
            return URI.create(endpoint).getHost() != null;
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }
}

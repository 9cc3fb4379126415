package io.github.gonfalonflags;

import java.util.LinkedHashMap;
import java.util.Map;

/** A flag's one value in OpenFeature's words: the table "Values" of hostsdk/README.md. */
public final class Resolution {
    private final Object value;
    private final String variant;
    private final String reason;
    private final String error;

    private Resolution(Object value, String variant, String reason, String error) {
        this.value = value;
        this.variant = variant;
        this.reason = reason;
        this.error = error;
    }

    /** Returns the value that a decision gives its flag. The first row that fits. */
    public static Resolution of(Decision decision) {
        if (decision.error() instanceof ContextException) {
            return failed("INVALID_CONTEXT");
        }
        if (decision.error() != null) {
            return failed("GENERAL");
        }
        if (decision.reason() == Reason.NOT_READY) {
            return failed("PROVIDER_NOT_READY");
        }
        if (!decision.known()) {
            return failed("FLAG_NOT_FOUND");
        }
        if (decision.variant() != null) {
            Object value = decision.hasPayload() ? decision.payload() : decision.variant();
            return new Resolution(value, decision.variant(), decision.killed() ? "STATIC" : "SPLIT", "");
        }
        if (decision.hasVariants()) {
            return new Resolution(null, null, decision.killed() ? "DISABLED" : "DEFAULT", "");
        }
        if (decision.killed()) {
            return new Resolution(false, "off", "STATIC", "");
        }
        boolean on = decision.enabled();
        return new Resolution(on, on ? "on" : "off", reason(decision.reason()), "");
    }

    private static Resolution failed(String error) {
        return new Resolution(null, null, "ERROR", error);
    }

    private static String reason(Reason reason) {
        switch (reason) {
            case STATIC:
            case TARGETING_MATCH:
            case SPLIT:
                return reason.name();
            default:
                return "DEFAULT";
        }
    }

    /** Returns what else there is to say about a decision, where it applies. */
    public static Map<String, Object> metadata(Decision decision, boolean stale) {
        Map<String, Object> found = new LinkedHashMap<>();
        if (decision.known()) {
            found.put("enabled", decision.enabled());
        }
        if (decision.gate() != Gate.NONE) {
            found.put("gate", decision.path());
        }
        if (decision.revision() != 0) {
            found.put("revision", decision.revision());
        }
        if (decision.killed()) {
            found.put("killed", true);
        }
        if (stale) {
            found.put("stale", true);
        }
        return found;
    }

    /** Returns the value; null is the caller's default. */
    public Object value() {
        return value;
    }

    /** Returns the variant; null if there is none. */
    public String variant() {
        return variant;
    }

    /** Returns OpenFeature's reason. */
    public String reason() {
        return reason;
    }

    /** Returns OpenFeature's error code; empty if there is none. */
    public String error() {
        return error;
    }
}

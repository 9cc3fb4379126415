package io.github.gonfalonflags;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language. */
final class Words {
    private static final int DRAWS = 10_000;
    private static final int LONGEST = 80;
    private static final long LAST_YEAR = 9999;

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.:@/-]+");
    private static final Pattern SHOWN_OTHERWISE =
            Pattern.compile("[\"\\\\\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]");

    private Words() {}

    static String of(Step step) {
        boolean rule = step.gate() == Gate.RULE || step.gate() == Gate.SEGMENT;
        if (step.outcome().equals("not_asked")) {
            return rule ? "the context is empty" : "there is no actor";
        }
        switch (step.gate()) {
            case NONE:
                return step.a() == null
                        ? "a newer build wrote this flag, and this one can't read it"
                        : "the comparisons took too many steps over this context";
            case ACTOR:
                return allowed(step, "named", "not named");
            case GROUP:
                return allowed(step, "a member", "in none of the flag's groups");
            case RULE:
            case SEGMENT:
                return rule(step);
            case BOOLEAN:
                return onOff(step.a());
            case SCHEDULE:
                return window(step.a(), step.b()) + ", and it is " + moment(orZero(step.c()));
            case PERCENTAGE_OF_ACTORS:
                return share(step.a(), step.b(), "actors");
            case PERCENTAGE_OF_TIME:
                long draw = orZero(step.a());
                long limit = orZero(step.b());
                return percent(limit, DRAWS) + "% of the time: drew " + draw + " " + sign(draw, limit) + " " + limit
                        + " of 10000";
            case PREREQUISITE:
                String found = found(step.b());
                return step.outcome().equals("pass")
                        ? found + ", as required"
                        : found + ", but must be " + onOff(step.a());
            case KILL:
                return "the flag is killed";
            default:
                return "";
        }
    }

    private static String allowed(Step step, String named, String otherwise) {
        switch (step.outcome()) {
            case "yes":
                return named + ", and allowed";
            case "deny":
                return named + ", and denied";
            default:
                return otherwise;
        }
    }

    private static String found(Long state) {
        if (state == null) {
            return "missing";
        }
        return state == 0 ? "off" : state == 1 ? "on" : "in a cycle, too deep, too costly, or unreadable";
    }

    private static String rule(Step step) {
        List<String> told = new ArrayList<>();
        for (Comparison comparison : step.comparisons()) {
            told.add(constraint(comparison));
            if (!comparison.held()) {
                return String.join(" and ", told);
            }
        }
        if (step.b() != null) {
            told.add(share(step.a(), step.b(), "them"));
        }
        return String.join(" and ", told);
    }

    private static String constraint(Comparison c) {
        boolean single = c.values().size() == 1 && !c.operator().equals("in") && !c.operator().equals("not_in");
        String text = name(c.attribute()) + " " + c.operator() + " " + cut(single ? c.values().get(0) : c.values());
        if (c.held()) {
            return text;
        }
        return text + (c.actual() == null ? ": it is missing" : ": it is " + cut(c.actual()));
    }

    private static long orZero(Long value) {
        return value == null ? 0 : value;
    }

    private static String onOff(Long value) {
        return orZero(value) == 1 ? "on" : "off";
    }

    private static String sign(long n, long limit) {
        return n > limit ? ">" : "≤";
    }

    private static String share(Long score, Long limit, String of) {
        long most = orZero(limit);
        String text = percent(most, Decision.SCORES) + "% of " + of;
        return score == null
                ? text + ": there is no actor"
                : text + ": score " + place(score) + " " + sign(score, most) + " " + place(most);
    }

    /** Returns the roundest percentage that grants what is at most n of the whole. */
    private static String percent(long n, long whole) {
        long power = 1;
        for (int decimals = 0; ; decimals++, power *= 10) {
            long rounded = -Math.floorDiv(-n * 100 * power, whole);
            if (rounded * whole < (n + 1) * 100 * power || decimals == 6) {
                return BigDecimal.valueOf(rounded, decimals).toPlainString();
            }
        }
    }

    /** Returns a score as a place in [0, 1), to four decimals. */
    private static String place(long score) {
        return BigDecimal.valueOf((score * 10_000 + Decision.SCORES / 2) / Decision.SCORES, 4).toPlainString();
    }

    private static String window(Long from, Long until) {
        if (from == null) {
            return until == null ? "always open" : "until " + moment(until);
        }
        return "from " + moment(from) + (until == null ? " on" : " until " + moment(until));
    }

    private static String moment(long micros) {
        Instant time = Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000), Math.floorMod(micros, 1_000_000) * 1000L);
        int year = time.atOffset(ZoneOffset.UTC).getYear();
        return year < 1 || year > LAST_YEAR ? micros + " µs" : Values.moment(time);
    }

    /** Returns a value as JSON, cut if it is long. */
    private static String cut(Object value) {
        String text = written(value);
        return text.codePointCount(0, text.length()) <= LONGEST
                ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST - 1)) + "…";
    }

    private static String written(Object value) {
        if (value instanceof Double) {
            return number((Double) value);
        }
        if (value instanceof String) {
            return quoted((String) value);
        }
        List<String> parts = new ArrayList<>();
        if (value instanceof Map) {
            ((Map<?, ?>) value).forEach((key, item) -> parts.add(quoted(String.valueOf(key)) + ": " + written(item)));
            return "{" + String.join(", ", parts) + "}";
        }
        if (value instanceof List) {
            ((List<?>) value).forEach(item -> parts.add(written(item)));
            return "[" + String.join(", ", parts) + "]";
        }
        return String.valueOf(value);
    }

    /** Returns a double as JavaScript writes it: the fewest digits that say which it is. */
    private static String number(double value) {
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e21) {
            return new BigDecimal(value).toBigInteger().equals(BigInteger.ZERO) ? "0" : shortest(value).toPlainString();
        }
        if (size >= 1e-6 && size < 1e21) {
            return shortest(value).toPlainString();
        }
        BigDecimal digits = shortest(value);
        String unscaled = digits.unscaledValue().abs().toString();
        int exponent = unscaled.length() - 1 - digits.scale();
        return (value < 0 ? "-" : "") + unscaled.charAt(0) + (unscaled.length() > 1 ? "." + unscaled.substring(1) : "")
                + "e" + (exponent < 0 ? "-" : "+") + Math.abs(exponent);
    }

    /** Double.toString has a digit too many for some numbers before JDK 19; so digits are taken off as long as they aren't needed. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        for (int digits = 1; digits < exact.precision(); digits++) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
            if (rounded.doubleValue() == value) {
                return rounded.stripTrailingZeros();
            }
        }
        return exact;
    }

    /** Returns the name of an attribute or a target, in quotes unless it is a plain word. */
    static String name(String text) {
        return PLAIN.matcher(text).matches() ? text : quoted(text);
    }

    /** Returns a text as a JSON string in which whatever could change how a line is shown is escaped. */
    private static String quoted(String text) {
        return '"' + SHOWN_OTHERWISE.matcher(text).replaceAll(match -> {
            String sign = match.group();
            int at = "\"\\\n\t\r".indexOf(sign);
            String escaped = at >= 0 ? "\\" + "\"\\ntr".charAt(at) : String.format("\\u%04x", (int) sign.charAt(0));
            return Matcher.quoteReplacement(escaped);
        }) + '"';
    }
}

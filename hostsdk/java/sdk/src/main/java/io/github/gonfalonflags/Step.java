package io.github.gonfalonflags;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One gate that the engine looked at. */
public final class Step {
    static final String[] OUTCOMES = {"no", "yes", "deny", "pass", "fail", "not_asked"};

    private final Gate gate;
    private final String outcome;
    private final String target;
    private final Long a;
    private final Long b;
    private final Long c;
    private final List<Comparison> comparisons;

    private Step(List<?> written) {
        gate = Gate.of(((Long) written.get(0)).intValue());
        int said = ((Long) written.get(1)).intValue();
        outcome = said < OUTCOMES.length ? OUTCOMES[said] : "outcome " + said;
        target = (String) written.get(2);
        a = (Long) written.get(3);
        b = (Long) written.get(4);
        c = (Long) written.get(5);
        List<Comparison> details = new ArrayList<>();
        if (written.get(6) != null) {
            for (Object detail : (List<?>) written.get(6)) {
                details.add(new Comparison((List<?>) detail));
            }
        }
        comparisons = Collections.unmodifiableList(details);
    }

    static Step read(List<?> written) {
        return new Step(written);
    }

    /** Returns the kind of gate; {@link Gate#NONE} for a flag that couldn't be compared or read. */
    public Gate gate() {
        return gate;
    }

    /** Returns what it said: no, yes, deny, pass, fail or not_asked. */
    public String outcome() {
        return outcome;
    }

    /** Returns its target; null if it has none. */
    public String target() {
        return target;
    }

    /**
     * Returns the numbers that it compared, by their names: scores of 0 to 65535, draws of 1 to 10000, times in Unix microseconds; null
     * is open, missing or not needed.
     */
    public Map<String, Long> facts() {
        Map<String, Long> facts = new LinkedHashMap<>();
        String[] names = names(gate);
        Long[] numbers = {a, b, c};
        for (int i = 0; i < names.length; i++) {
            facts.put(names[i], numbers[i]);
        }
        return facts;
    }

    private static String[] names(Gate gate) {
        switch (gate) {
            case NONE:
                return new String[] {"exhausted"};
            case ACTOR:
            case GROUP:
                return new String[] {"state"};
            case RULE:
            case SEGMENT:
            case PERCENTAGE_OF_ACTORS:
                return new String[] {"score", "limit"};
            case BOOLEAN:
                return new String[] {"on"};
            case SCHEDULE:
                return new String[] {"from", "until", "now"};
            case PERCENTAGE_OF_TIME:
                return new String[] {"draw", "limit"};
            case PREREQUISITE:
                return new String[] {"required", "found"};
            default:
                return new String[0];
        }
    }

    /** Returns the first number, by wasm/ABI.md. */
    Long a() {
        return a;
    }

    /** Returns the second. */
    Long b() {
        return b;
    }

    /** Returns the third. */
    Long c() {
        return c;
    }

    /** Returns the constraints of a rule or a segment, as they compared. */
    public List<Comparison> comparisons() {
        return comparisons;
    }

    /** Returns what the gate compared, in words. */
    public String detail() {
        return Words.of(this);
    }

    @Override
    public String toString() {
        return String.format("%-20s %-16s %-9s %s", gate, target == null ? "" : Words.name(target), outcome, detail());
    }
}

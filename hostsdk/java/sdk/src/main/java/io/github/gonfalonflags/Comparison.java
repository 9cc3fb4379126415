package io.github.gonfalonflags;

import java.util.Collections;
import java.util.List;

/** One constraint of a rule or a segment, and how it compared. */
public final class Comparison {
    static final String[] OPERATORS = {
        "eq", "neq", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "matches", "never", "semver_gte", "semver_lt",
        "starts_with", "ends_with",
    };

    private final String attribute;
    private final String operator;
    private final List<Object> values;
    private final Object actual;
    private final boolean held;

    Comparison(List<?> written) {
        attribute = (String) written.get(0);
        int number = ((Long) written.get(1)).intValue();
        operator = number < OPERATORS.length ? OPERATORS[number] : "operator " + number;
        values = Collections.unmodifiableList((List<?>) written.get(2));
        actual = written.get(3);
        held = (Boolean) written.get(4);
    }

    /** Returns the attribute's name. */
    public String attribute() {
        return attribute;
    }

    /** Returns the operator, such as {@code starts_with}. */
    public String operator() {
        return operator;
    }

    /** Returns the constraint's values. */
    public List<Object> values() {
        return values;
    }

    /** Returns the context's value; null if it is missing. */
    public Object actual() {
        return actual;
    }

    /** Reports whether the constraint held. */
    public boolean held() {
        return held;
    }
}

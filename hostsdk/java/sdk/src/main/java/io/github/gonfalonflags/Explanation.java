package io.github.gonfalonflags;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A decision, and every gate that the engine looked at, in order. {@code toString()} is a table to read. */
public final class Explanation {
    private final Decision decision;
    private final List<Step> steps;
    private final String environment;

    Explanation(Decision decision, List<Step> steps, String environment) {
        this.decision = decision;
        this.steps = Collections.unmodifiableList(steps);
        this.environment = environment;
    }

    /** Returns the explanation where nothing could be decided. */
    static Explanation without(Decision decision, String environment) {
        return new Explanation(decision, Collections.emptyList(), environment);
    }

    /** Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]]. */
    static Explanation read(List<?> written, Decision decision, SnapshotInfo info) {
        List<Step> steps = new ArrayList<>();
        for (Object step : (List<?>) written.get(1)) {
            steps.add(Step.read((List<?>) step));
        }
        return new Explanation(decision, steps, info.environment());
    }

    /** Returns the decision. */
    public Decision decision() {
        return decision;
    }

    /** Returns the gates that were looked at; none where nothing could be decided. */
    public List<Step> steps() {
        return steps;
    }

    /** Returns the environment's key. */
    public String environment() {
        return environment;
    }

    /** Returns the revision that decided; 0 if nothing is loaded. */
    public long revision() {
        return decision.revision();
    }

    @Override
    public String toString() {
        StringBuilder table = new StringBuilder(String.valueOf(decision.key()))
                .append(" · ").append(environment)
                .append(" · ").append(revision() == 0 ? "nothing loaded" : "revision " + revision())
                .append(" · ").append(decision.enabled() ? "on" : "off")
                .append(" · ").append(decision.reason());
        if (decision.variant() != null) {
            table.append(" · variant ").append(decision.variant());
        }
        for (Step step : steps) {
            table.append("\n  ").append(step);
        }
        return table.toString();
    }
}

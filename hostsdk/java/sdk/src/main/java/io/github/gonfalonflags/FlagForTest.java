package io.github.gonfalonflags;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** One flag's gates, as far as tests need them. Of actors and groups, true allows and false denies. */
final class FlagForTest {
    boolean on;
    boolean killed;
    boolean offVariant;
    Double actorsRatio;
    Double timeRatio;
    String variant;
    Object payload;
    final Map<String, Boolean> actors = new TreeMap<>(Values.BY_CODE_POINT);
    final Map<String, Boolean> groups = new TreeMap<>(Values.BY_CODE_POINT);
    final Map<String, Boolean> requires = new TreeMap<>(Values.BY_CODE_POINT);

    FlagForTest() {}

    FlagForTest(FlagForTest from) {
        on = from.on;
        killed = from.killed;
        offVariant = from.offVariant;
        actorsRatio = from.actorsRatio;
        timeRatio = from.timeRatio;
        variant = from.variant;
        payload = from.payload;
        actors.putAll(from.actors);
        groups.putAll(from.groups);
        requires.putAll(from.requires);
    }

    void share(Double ofActors, Double ofTime) {
        double ratio = ofActors == null ? ofTime : ofActors;
        if (!(ratio > 0 && ratio < 1)) {
            throw new IllegalArgumentException(ratio + " is not between 0 and 1 (both excluded)");
        }
        actorsRatio = ofActors;
        timeRatio = ofTime;
    }

    /** Returns how many slots the engine's tables take for this flag. */
    int slots() {
        return slots(actors.size()) + slots(groups.size());
    }

    /** Returns the smallest power of two that is at least 2 and at least n + n/2; nothing for an empty table. */
    private static int slots(int n) {
        return n == 0 ? 0 : Math.max(2, 1 << 32 - Integer.numberOfLeadingZeros(n + n / 2 - 1));
    }

    /** Returns the flag's record, in the bytes of engine/snapshot/FORMAT.md. */
    byte[] record() {
        Writer out = new Writer();
        out.array(10);
        out.integer((on ? 1 : 0) | (killed ? 2 : 0));
        out.integer(actorsRatio == null ? 0 : 1 + Math.min((int) (actorsRatio * Decision.SCORES), Decision.SCORES - 1));
        out.integer(timeRatio == null ? 0 : 1 + draws(timeRatio));
        out.integer(offVariant ? 1 : 0);
        table(out, actors);
        table(out, groups);
        out.array(0);
        if (variant == null) {
            out.array(0);
        } else {
            out.array(1).array(3).text(variant).integer(Decision.SCORES);
            if (payload == null) {
                out.nil();
            } else {
                out.binary(Json.write(payload).getBytes(StandardCharsets.UTF_8));
            }
        }
        out.array(requires.size() * 2);
        requires.forEach((parent, required) -> out.text(parent).bool(required));
        out.array(0);
        return out.toBytes();
    }

    private static void table(Writer out, Map<String, Boolean> states) {
        out.array(states.size() * 2);
        states.forEach((name, allowed) -> out.text(name).integer(allowed ? 2 : 1));
    }

    /** Returns the greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none. */
    private static int draws(double ratio) {
        int n = (int) (ratio * 10_000) + 1;
        while (n / 10_000.0 > ratio) {
            n--;
        }
        return n;
    }
}

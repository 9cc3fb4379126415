package io.github.gonfalonflags;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What deciding one flag can ask for (the ABI's {@code needs}). The rest of a context is neither read nor written. */
final class Needs {
    static final int UNDECIDED = -1;

    final int number; // of the flag; -1 if there is no such flag
    final Set<String> groups;
    final String[] attributes; // null: all that there are, and all groups
    final boolean now;
    final boolean roll;
    final boolean alone; // nothing but the actor matters
    final int fixed; // the packed decision, if it is the same for every request and points at nothing, else UNDECIDED
    final Count count = new Count();

    /** Reads the module's answer, and the decision about nobody. */
    Needs(List<?> written, int packed) {
        groups = names((List<?>) written.get(0));
        attributes = written.get(1) == null ? null : names((List<?>) written.get(1)).toArray(new String[0]);
        number = written.get(2) == null ? -1 : ((Long) written.get(2)).intValue();
        now = (Boolean) written.get(3);
        roll = (Boolean) written.get(4);
        alone = groups.isEmpty() && attributes != null && attributes.length == 0 && !now && !roll;
        boolean isFixed = (packed & (Decision.IS_FIXED | Decision.HAS_VARIANT | Decision.HAS_TARGET)) == Decision.IS_FIXED;
        fixed = isFixed || packed == 0 ? packed : UNDECIDED;
    }

    boolean asksForGroups() {
        return !groups.isEmpty() || attributes == null;
    }

    private static Set<String> names(List<?> written) {
        Set<String> names = new LinkedHashSet<>();
        for (Object name : written) {
            names.add((String) name);
        }
        return Collections.unmodifiableSet(names);
    }
}

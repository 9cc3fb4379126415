package io.github.gonfalonflags;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Flags that a test set, over those of a base. A flag's prerequisites are looked for in its own layer. */
final class LayeredEngine implements Engine {
    private final Engine top;
    private final Engine base;
    private final Set<String> over;

    LayeredEngine(Engine top, Engine base) {
        this.top = top;
        this.base = base;
        over = new HashSet<>(top.keys());
    }

    private Engine of(String key) {
        return over.contains(key) ? top : base;
    }

    @Override
    public byte[] data() {
        return top.data();
    }

    @Override
    public SnapshotInfo info() {
        return top.info();
    }

    @Override
    public int evaluate(String key, Object who) {
        return of(key).evaluate(key, who);
    }

    @Override
    public Decision decide(String key, Object who) {
        return of(key).decide(key, who);
    }

    @Override
    public List<Decision> decideAll(List<String> keys, Object who) {
        List<Decision> decisions = new ArrayList<>();
        for (String key : keys == null ? keys() : keys) {
            decisions.add(decide(key, who));
        }
        return decisions;
    }

    @Override
    public Explanation explain(String key, Object who) {
        return of(key).explain(key, who);
    }

    @Override
    public List<String> keys() {
        Set<String> all = new TreeSet<>(Values.BY_CODE_POINT);
        all.addAll(over);
        all.addAll(base.keys());
        return Collections.unmodifiableList(new ArrayList<>(all));
    }

    @Override
    public boolean isFractional(String key) {
        return of(key).isFractional(key);
    }

    @Override
    public Map<String, Usage> takeUsage() {
        Map<String, Usage> all = new HashMap<>(base.takeUsage());
        all.putAll(top.takeUsage());
        return all;
    }
}

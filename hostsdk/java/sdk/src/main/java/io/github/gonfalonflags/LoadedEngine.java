package io.github.gonfalonflags;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/** A snapshot loaded into instances of the module. Threads may use it as they like. */
final class LoadedEngine implements Engine {
    private static final int UNKNOWN = 1000; // keys of no flag that are remembered: an attacker asks for any number

    private static final int LONGEST_UNKNOWN = 1000; // characters of such a key

    private final byte[] data;
    private final Pool pool;
    private final SnapshotInfo info;
    private final Mistakes mistakes;
    private final Map<String, Needs> needs = new ConcurrentHashMap<>();
    private final Memo memo = new Memo();
    private final Map<Integer, Decision.Served> served = new ConcurrentHashMap<>();
    private final Map<String, Boolean> fractional = new ConcurrentHashMap<>();
    private volatile List<String> keys;
    private volatile Records records;

    /** Loads a snapshot. Throws LoadException if the engine refuses it. */
    LoadedEngine(byte[] data, Mistakes mistakes, Consumer<TrapException> onTrap) {
        this(data, mistakes, onTrap, Instance::new);
    }

    LoadedEngine(byte[] data, Mistakes mistakes, Consumer<TrapException> onTrap, Function<byte[], Instance> make) {
        this.data = data;
        this.mistakes = mistakes;
        pool = new Pool(data, make, onTrap);
        info = pool.ask(Instance::info);
    }

    @Override
    public byte[] data() {
        return data;
    }

    @Override
    public SnapshotInfo info() {
        return info;
    }

    @Override
    public int evaluate(String key, Object who) {
        Needs flag = needsOf(key);
        int packed = flag.fixed;
        if (packed == Needs.UNDECIDED) {
            packed = flag.alone ? alone(flag, who) : ask(flag, Context.of(who));
        }
        if (packed != 0) {
            flag.count.add(packed);
        }
        return packed;
    }

    /** Decides by nothing but the actor. */
    private int alone(Needs flag, Object who) {
        String actor = who instanceof String ? (String) who : who instanceof Context ? ((Context) who).plainActor() : null;
        if (actor == null) {
            return ask(flag, Context.of(who));
        }
        int known = memo.get(flag, actor);
        if (known == Needs.UNDECIDED) {
            known = alone(flag, actor);
            memo.put(flag, actor, known);
        }
        return known;
    }

    private int alone(Needs flag, String actor) {
        Pool.Slot slot = pool.take();
        try {
            try {
                return alone(slot.sound(), flag, actor);
            } catch (TrapException trap) {
                return alone(slot.sound(), flag, actor);
            }
        } finally {
            slot.lock.unlock();
        }
    }

    private static int alone(Instance instance, Needs flag, String actor) {
        Request.writeAlone(instance.request, flag.number, actor);
        return instance.evaluate();
    }

    private int ask(Needs flag, Context context) {
        Request request = one(flag, context);
        return pool.ask(instance -> evaluate(instance, request));
    }

    private Request one(Needs flag, Context context) {
        Request request = Request.one(flag, context);
        noted(context, 1);
        return request;
    }

    private Context noted(Context context, int decisions) {
        if (!context.unreadable().isEmpty()) {
            mistakes.unreadableContext(context.unreadable(), decisions);
        }
        return context;
    }

    private static int evaluate(Instance instance, Request request) {
        request.write(instance.request);
        return instance.evaluate();
    }

    @Override
    public Decision decide(String key, Object who) {
        Needs flag = needsOf(key);
        if (flag.fixed != Needs.UNDECIDED) {
            return new Decision(key, evaluate(key, null), null, null, info.revision(), null);
        }
        Request request = one(flag, Context.of(who));
        Decision decision =
                pool.ask(
                        instance -> {
                            evaluate(instance, request);
                            return decision(instance, key, i -> instance.word(i));
                        });
        flag.count.add(decision.packed());
        return decision;
    }

    @Override
    public List<Decision> decideAll(List<String> wanted, Object who) {
        // One moment and one draw for all, also if they are decided one by one.
        Context given = Context.of(who);
        Context context = given.now == null ? given.at(Instant.now()) : given;
        Context drawn = context.roll == null ? context.roll(ThreadLocalRandom.current().nextLong()) : context;
        List<String> asked = wanted == null ? keys() : wanted;
        try {
            return together(asked, wanted == null, drawn);
        } catch (ContextException tooMuch) { // perhaps they only ask together for more than a request can have
            List<Decision> decisions = new ArrayList<>(asked.size());
            for (String key : asked) {
                decisions.add(apart(key, drawn));
            }
            return decisions;
        }
    }

    private List<Decision> together(List<String> asked, boolean all, Context context) {
        Set<String> named = context.wantsNames() ? groupsOf(asked) : Collections.emptySet();
        Request request = Request.several(all ? null : asked, named, context);
        noted(context, asked.size());
        List<Decision> decisions = new ArrayList<>(asked.size());
        while (decisions.size() < asked.size()) {
            int first = decisions.size();
            decisions.addAll(pool.ask(instance -> batch(instance, request, asked, first)));
        }
        for (Decision decision : decisions) {
            if (decision.packed() != 0) {
                needsOf(decision.key()).count.add(decision.packed());
            }
        }
        return decisions;
    }

    private List<Decision> batch(Instance instance, Request request, List<String> asked, int first) {
        request.write(instance.request);
        int count = instance.batch(first);
        int records = instance.word(0);
        List<Decision> decisions = new ArrayList<>(count);
        for (int n = 0; n < count; n++) {
            int number = n;
            decisions.add(decision(instance, asked.get(first + n), i -> instance.batchWord(records, number, i)));
        }
        return decisions;
    }

    private Decision apart(String key, Context context) {
        try {
            return decide(key, context);
        } catch (RuntimeException error) { // it keeps its error to itself; the others are still decided
            return new Decision(key, Decision.NOT_READY, null, null, info.revision(), error);
        }
    }

    @Override
    public Explanation explain(String key, Object who) {
        Needs flag = needsOf(key);
        Request request = Request.whole(key, flag, noted(Context.of(who), 1));
        return pool.ask(
                instance -> {
                    evaluate(instance, request);
                    Decision decision = decision(instance, key, i -> instance.word(i));
                    request.write(instance.request);
                    return Explanation.read(instance.explain(), decision, info);
                });
    }

    @Override
    public List<String> keys() {
        List<String> known = keys;
        if (known == null) {
            known = pool.ask(LoadedEngine::readKeys);
            keys = known;
        }
        return known;
    }

    private static List<String> readKeys(Instance instance) {
        List<String> keys = new ArrayList<>();
        for (int i = 0, n = instance.info().flags(); i < n; i++) {
            keys.add(instance.flagKey(i));
        }
        return Collections.unmodifiableList(keys);
    }

    @Override
    public boolean isFractional(String key) {
        Boolean known = fractional.get(key);
        if (known == null) {
            known = records().payloadsOf(key).stream().anyMatch(Payload::isFractional);
            if (needsOf(key).number >= 0) {
                fractional.put(key, known);
            }
        }
        return known;
    }

    /** Returns the flags' records, which are read when a provider first asks. */
    private Records records() {
        Records read = records;
        if (read == null) {
            read = new Records(data);
            records = read;
        }
        return read;
    }

    @Override
    public Map<String, Usage> takeUsage() {
        long now = Context.micros(Instant.now());
        Map<String, Usage> taken = new HashMap<>();
        needs.forEach(
                (key, flag) -> {
                    Usage usage = flag.count.take(now);
                    if (usage != null) {
                        taken.put(key, usage);
                    }
                });
        return taken;
    }

    private Set<String> groupsOf(List<String> asked) {
        Set<String> named = new LinkedHashSet<>();
        for (String key : asked) {
            named.addAll(needsOf(key).groups);
        }
        return named;
    }

    private Needs needsOf(String key) {
        if (key == null) {
            throw new IllegalArgumentException("a flag's key is null");
        }
        Needs known = needs.get(key);
        return known == null ? askNeeds(key) : known;
    }

    private Needs askNeeds(String key) {
        Needs asked =
                pool.ask(
                        instance -> {
                            instance.request.clear();
                            instance.request.array(1).text(Request.known(key));
                            return new Needs(instance.needs(), instance.evaluate());
                        });
        if (asked.number < 0 && (needs.size() >= info.flags() + UNKNOWN || key.length() > LONGEST_UNKNOWN)) {
            return asked;
        }
        Needs first = needs.putIfAbsent(key, asked);
        return first == null ? asked : first;
    }

    private Decision decision(Instance instance, String key, Words words) {
        int packed = words.at(0);
        Decision.Served variant = null;
        if ((packed & Decision.HAS_VARIANT) != 0) {
            int index = words.at(1);
            variant = served.get(index);
            if (variant == null) {
                variant =
                        new Decision.Served(
                                instance.text(words.at(2), words.at(3)), instance.text(words.at(4), words.at(5)));
                served.put(index, variant);
            }
        }
        String target = (packed & Decision.HAS_TARGET) != 0 ? instance.text(words.at(6), words.at(7)) : null;
        return new Decision(key, packed, variant, target, info.revision(), null);
    }

    /** The words of a result record. */
    private interface Words {
        int at(int index);
    }
}

package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class EngineTest {
    private static final byte[] SNAPSHOT = Repository.compile(String.join("\n",
            "flags:",
            "  - key: always",
            "    gates: [{type: boolean, enabled: true}]",
            "  - key: half",
            "    gates: [{type: percentage_of_actors, ratio: 0.5}]",
            "  - key: hero",
            "    gates: [{type: variant, variants: [{name: blue, weight: 50, payload: {hex: '#00f'}}, {name: red, weight: 50}]}]",
            "  - key: staff",
            "    gates: [{type: group, target: staff, enabled: true}]",
            "  - key: grown",
            "    gates: [{type: rule, constraints: [{attribute: age, operator: gte, values: [18]}]}]"));

    private final Mistakes mistakes = new Mistakes();
    private final List<TrapException> traps = new ArrayList<>();
    private final Engine engine = new LoadedEngine(SNAPSHOT, mistakes, traps::add);

    @Test
    void itDecidesWhatTheFlagsSay() {
        assertEquals(5, engine.info().flags());
        assertEquals(List.of("always", "grown", "half", "hero", "staff"), engine.keys());
        assertTrue(on("always", null));
        assertTrue(on("staff", Context.of("ada").inGroups("staff")));
        assertFalse(on("staff", Context.of("ada").inGroups("guests")));
        assertTrue(on("grown", Context.of("ada").with("age", 18)));
        assertFalse(on("grown", Context.of("ada").with("age", 17)));
        assertFalse(on("nothing", "ada"));
        Decision hero = engine.decide("hero", "user:3");
        assertEquals(hero.variant().equals("blue") ? Map.of("hex", "#00f") : null, hero.payload());
        assertEquals(Gonfalon.score("hero", "user:3"), hero.score());
        assertEquals("group/staff", engine.decide("staff", Context.of("ada").inGroups("staff")).path());
        assertEquals(Gate.GROUP, engine.explain("staff", "ada").steps().get(0).gate());
    }

    @Test
    void aBatchDecidesAsOneByOne() {
        Context who = Context.of("user:3").inGroups("staff").with("age", 20).roll(1);
        List<Decision> all = engine.decideAll(null, who);
        assertEquals(engine.keys().size(), all.size());
        for (Decision decision : all) {
            assertEquals(engine.decide(decision.key(), who), decision);
        }
        assertEquals(List.of(engine.decide("half", who), engine.decide("nothing", who)),
                engine.decideAll(List.of("half", "nothing"), who));
    }

    @Test
    void aBatchMayBeLongerThanOneCall() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 2 * Instance.BATCH + 1; i++) {
            keys.add(i % 2 == 0 ? "always" : "half");
        }
        List<Decision> decisions = engine.decideAll(keys, "user:3");
        assertEquals(keys.size(), decisions.size());
        assertTrue(decisions.get(2 * Instance.BATCH).enabled());
    }

    @Test
    void threadsGetTheSameAnswersAsOne() throws Exception {
        int[] wanted = new int[1000];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = engine.evaluate("half", "user:" + i);
        }
        engine.takeUsage();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            tasks.add(() -> {
                for (int i = 0; i < wanted.length; i++) {
                    assertEquals(wanted[i], engine.evaluate("half", "user:" + i));
                    assertEquals(wanted[i], engine.decide("half", "user:" + i).packed());
                }
                return null;
            });
        }
        for (Future<Void> done : threads.invokeAll(tasks)) {
            done.get();
        }
        threads.shutdown();
        assertEquals(2 * 8 * wanted.length, engine.takeUsage().get("half").count);
        assertTrue(engine.takeUsage().isEmpty());
    }

    @Test
    void aDecisionIsRememberedWithItsFlagAndActor() {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 10_000; i++) {
                boolean wanted = Gonfalon.score("half", "user:" + i).getAsDouble() <= 0.5;
                assertEquals(wanted, on("half", "user:" + i));
                assertEquals(wanted, on("half", Context.of("user:" + i)));
            }
        }
        assertEquals(40_000, engine.takeUsage().get("half").count);
    }

    @Test
    void aCopyOfAnInstanceAnswersAsTheFirst() {
        Instance first = new Instance(SNAPSHOT);
        Instance copy = new Instance(first);
        for (int i = 0; i < 100; i++) {
            for (Instance one : List.of(first, copy)) {
                one.request.clear();
                one.request.array(2).text("hero").text("user:" + i);
            }
            assertEquals(first.evaluate(), copy.evaluate());
            assertEquals(first.text(first.word(2), first.word(3)), copy.text(copy.word(2), copy.word(3)));
        }
        assertEquals(first.info().position(), copy.info().position());
    }

    @Test
    void anInterruptedThreadDecides() {
        Thread.currentThread().interrupt();
        try {
            assertTrue(on("always", "ada"));
            assertEquals(Gonfalon.score("half", "ada").getAsDouble() <= 0.5, on("half", "ada"));
            assertTrue(Thread.currentThread().isInterrupted(), "the interruption is lost");
        } finally {
            Thread.interrupted();
        }
        assertTrue(traps.isEmpty(), traps.toString());
    }

    @Test
    void aTrapIsContained() {
        AtomicInteger made = new AtomicInteger();
        AtomicReference<Instance> latest = new AtomicReference<>();
        Engine fragile = new LoadedEngine(SNAPSHOT, mistakes, traps::add, data -> {
            made.incrementAndGet();
            latest.set(new Instance(data));
            return latest.get();
        });
        boolean wanted = fragile.decide("half", "ada").enabled();
        latest.get().ruin();
        assertEquals(wanted, fragile.decide("half", "ada").enabled());
        assertEquals(1, traps.size());
        assertEquals(2, made.get());
    }

    @Test
    void aThreadWithoutMuchStackIsNoHarm() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread small = new Thread(null, () -> deep(thrown, 0), "small", 200 << 10);
        small.start();
        small.join(20_000);
        assertFalse(small.isAlive());
        assertTrue(thrown.get() == null || thrown.get() instanceof TrapException, String.valueOf(thrown.get()));
        assertTrue(on("grown", Context.of("ada").with("age", 18)));
    }

    private void deep(AtomicReference<Throwable> thrown, int depth) {
        try {
            engine.evaluate("grown", Context.of("ada").with("age", 18));
            deep(thrown, depth + 1);
        } catch (TrapException error) {
            thrown.set(error);
        } catch (StackOverflowError error) {
            // In this method itself, which is where a program's own stack ends.
        }
    }

    @Test
    void aThreadThatNeverLetsGoKeepsNobodyWaiting() throws Exception {
        Pool pool = new Pool(SNAPSHOT, Instance::new, traps::add);
        Thread holder = new Thread(pool::take);
        holder.start();
        holder.join();
        assertEquals(5, pool.ask(Instance::info).flags());
    }

    @Test
    void bytesThatAreNoSnapshotAreRefused() {
        byte[] half = java.util.Arrays.copyOf(SNAPSHOT, SNAPSHOT.length / 2);
        LoadException refused = assertThrows(LoadException.class, () -> new Instance(half));
        assertTrue(refused.code() > 0);
        assertThrows(LoadException.class, () -> new Instance(new byte[0]));
        assertThrows(LoadException.class, () -> new Instance(new byte[Instance.MAX_SNAPSHOT_BYTES + 1]));
        assertNull(new Instance(SNAPSHOT).trap());
    }

    private boolean on(String key, Object who) {
        return (engine.evaluate(key, who) & Decision.ENABLED) != 0;
    }
}

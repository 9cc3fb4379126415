import io.github.gonfalonflags.Context;
import io.github.gonfalonflags.Decision;
import io.github.gonfalonflags.Gonfalon;
import io.github.gonfalonflags.Options;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/**
 * Times the Java SDK on the workloads of the other hosts' benchmarks, and checks every answer.
 *
 * <pre>Bench first SNAPSHOT                  decides once: the time from the start of a process
 * Bench memory TEN_THOUSAND              serves them, and prints its peak of resident memory in KB
 * Bench run SNAPSHOT TEN_THOUSAND JAR    prints the figures as one JSON object</pre>
 *
 * <p>decide makes a context for each question; prepared has made it before. The lowest of many samples counts: what a busy machine
 * adds, it only ever adds.
 */
final class Bench {
    private static final String[] KINDS = {"boolean", "percentage", "rule"};
    private static final Map<String, Object> ATTRIBUTES =
            Map.of("age", 34, "beta", true, "country", "DE", "email", "jo@example.com", "plan", "team");
    private static final int ACTORS = 64;
    private static final int SAMPLES = 120;

    private final Gonfalon flags;
    private final String[][] keys = new String[KINDS.length][ACTORS];
    private final String[] actors = new String[ACTORS];
    private final Context[] prepared = new Context[ACTORS];
    private long checked;

    private Bench(Path snapshot) {
        flags = Gonfalon.connect(new Options().bootstrap(snapshot));
        for (int i = 0; i < ACTORS; i++) {
            actors[i] = String.format("user:%06d", i * 3);
            prepared[i] = Context.of(actors[i]).with(ATTRIBUTES);
            for (int kind = 0; kind < KINDS.length; kind++) {
                keys[kind][i] = String.format("%s_%05d", KINDS[kind], i);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path snapshot = Path.of(arguments[1]);
        if (arguments[0].equals("first")) {
            Gonfalon flags = Gonfalon.connect(new Options().bootstrap(snapshot));
            boolean right = flags.enabled("boolean_00000", "user:000003") && flags.decide("rule_00000", "user:000003").known();
            System.exit(right ? 0 : 1);
        }
        if (arguments[0].equals("memory")) {
            Gonfalon flags = Gonfalon.connect(new Options().bootstrap(snapshot));
            System.out.println(flags.decideAll("user:000003").size() == 10_000 ? peak() : 0);
            return;
        }
        new Bench(snapshot).run(snapshot, Path.of(arguments[2]), Path.of(arguments[3]));
    }

    private void run(Path snapshot, Path large, Path jar) throws Exception {
        check();
        StringBuilder decide = new StringBuilder();
        StringBuilder prepare = new StringBuilder();
        for (int kind = 0; kind < KINDS.length; kind++) {
            String[] asked = keys[kind];
            String between = kind == 0 ? "" : ", ";
            int some = kind == 2 ? 8_000 : 50_000; // about 10 ms
            IntPredicate anew = i -> flags.enabled(asked[i & 63], Context.of(actors[i & 63]).with(ATTRIBUTES));
            decide.append(String.format(Locale.ROOT, "%s\"%s\": %.1f", between, KINDS[kind], lowest(some, anew)));
            double ready = lowest(some, i -> flags.enabled(asked[i & 63], prepared[i & 63]));
            prepare.append(String.format(Locale.ROOT, "%s\"%s\": %.1f", between, KINDS[kind], ready));
        }
        List<String> batch = batch();
        double all = lowest(200, i -> flags.decideAll(batch, prepared[i & 63]).size() == 100);
        double loading = loading(large);
        System.out.printf(Locale.ROOT,
                "{\"lang\": \"java\", \"engine\": \"endive\", \"decide_ns\": {%s}, \"prepared_ns\": {%s}, \"batch100_ns\": %.0f,"
                        + " \"load10000_ms\": %.2f, \"start_ms\": %.1f, \"memory_mb\": %.1f, \"package_kb\": %d,"
                        + " \"answers_checked\": %d}%n",
                decide, prepare, all, loading, first(snapshot), memory(large), Files.size(jar) / 1024, checked);
        flags.close();
    }

    private List<String> batch() {
        List<String> batch = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            batch.add(keys[i % KINDS.length][i / KINDS.length]);
        }
        return batch;
    }

    private void check() throws Exception {
        for (int actor = 0; actor < ACTORS; actor++) {
            for (int kind = 0; kind < KINDS.length; kind++) {
                for (String key : keys[kind]) {
                    boolean right = right(kind, key, actors[actor]);
                    Context anew = Context.of(actors[actor]).with(ATTRIBUTES);
                    same(right, flags.enabled(key, anew), key);
                    same(right, flags.enabled(key, prepared[actor]), key);
                    same(kind != 2 && right, flags.enabled(key, actors[actor]), key);
                }
            }
            for (Decision decision : flags.decideAll(batch(), prepared[actor])) {
                int kind = List.of(KINDS).indexOf(decision.key().split("_")[0]);
                same(right(kind, decision.key(), actors[actor]), decision.enabled(), decision.key());
            }
        }
    }

    /** Returns the right answer, from the definitions and not by the engine. */
    private static boolean right(int kind, String key, String actor) throws Exception {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest((actor + key).getBytes(StandardCharsets.UTF_8));
        double score = ((sum[0] & 0xff) << 8 | sum[1] & 0xff) / 65536.0;
        return kind == 0 || score <= (kind == 1 ? 0.25 : 0.5);
    }

    private void same(boolean right, boolean found, String key) {
        if (right != found) {
            throw new AssertionError(key + " is " + found);
        }
        checked++;
    }

    /** Returns nanoseconds for each question, in the best of many samples. */
    private static double lowest(int count, IntPredicate question) {
        double best = Double.MAX_VALUE;
        long answered = 0;
        for (int sample = 0; sample < SAMPLES; sample++) {
            long begin = System.nanoTime();
            for (int i = 0; i < count; i++) {
                answered += question.test(i) ? 1 : 0;
            }
            best = Math.min(best, (System.nanoTime() - begin) / (double) count);
        }
        if (answered == 0) {
            throw new AssertionError("every answer was no");
        }
        return best;
    }

    private static double loading(Path large) throws Exception {
        byte[] data = Files.readAllBytes(large);
        double best = Double.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long begin = System.nanoTime();
            Gonfalon.connect(new Options().bootstrap(data)).close();
            best = Math.min(best, (System.nanoTime() - begin) / 1e6);
        }
        return best;
    }

    /** Returns milliseconds from the start of a process until it has decided. */
    private static double first(Path snapshot) throws Exception {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long begin = System.nanoTime();
            ask("first", snapshot);
            best = Math.min(best, (System.nanoTime() - begin) / 1e6);
        }
        return best;
    }

    private static double memory(Path large) throws Exception {
        return Long.parseLong(ask("memory", large).trim()) / 1024.0;
    }

    /** Runs this program again, in a process of its own, and returns what it prints. */
    private static String ask(String what, Path snapshot) throws Exception {
        String java = System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
        Process process = new ProcessBuilder(
                java, "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "Bench", what, snapshot.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError("a new process didn't decide");
        }
        return printed;
    }

    private static long peak() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("the kernel tells no peak");
    }
}

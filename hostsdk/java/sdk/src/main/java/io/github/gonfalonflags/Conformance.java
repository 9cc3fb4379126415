package io.github.gonfalonflags;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Compares the module's decisions with what the reference implementations answered.
 *
 * <pre>gonfalon conformance --emit-cases cases.jsonl
 * java -cp gonfalon.jar io.github.gonfalonflags.Conformance cases.jsonl</pre>
 *
 * <p>A file has one JSON object a line: {@code {file, id, family, flag, snapshot, request, expect}} with the bytes of FORMAT.md and
 * ABI.md in base64, or {@code {file, id, family, flag, skipped}} with the reason. A member that {@code expect} leaves out is not
 * compared, and a decision that needed no score has none to compare. The last line has the totals; the exit status is 1 if a
 * case failed.
 */
final class Conformance {
    private final Map<String, Integer> totals = new LinkedHashMap<>();
    private byte[] loaded;
    private Instance instance;

    public static void main(String[] files) throws IOException {
        Conformance run = new Conformance();
        run.totals.put("passed", 0);
        run.totals.put("failed", 0);
        run.totals.put("skipped", 0);
        for (String file : files) {
            run.file(Path.of(file));
        }
        if (run.totals.get("passed") + run.totals.get("failed") == 0) {
            System.err.println("no case was asked");
            System.exit(2);
        }
        System.out.printf("java: %d passed, %d failed, %d skipped%n", run.totals.values().toArray());
        System.exit(run.totals.get("failed") == 0 ? 0 : 1);
    }

    private void file(Path path) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(path), StandardCharsets.UTF_8))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    ask(Payload.object(Json.read(line)));
                } catch (RuntimeException error) {
                    throw new IOException(path + ": line " + number + " is not a case: " + error, error);
                }
            }
        }
    }

    private void ask(Map<String, Object> one) {
        if (one.containsKey("skipped")) {
            totals.merge("skipped", 1, Integer::sum);
            return;
        }
        byte[] snapshot = Base64.getDecoder().decode((String) one.get("snapshot"));
        byte[] request = Base64.getDecoder().decode((String) one.get("request"));
        String wrong;
        try {
            wrong = compare(Payload.object(one.get("expect")), decide(snapshot, request, (String) one.get("flag")));
        } catch (LoadException | RequestException | TrapException error) {
            wrong = error.toString();
        }
        totals.merge(wrong == null ? "passed" : "failed", 1, Integer::sum);
        if (wrong != null) {
            System.out.println("failed " + one.get("file") + " " + one.get("family") + " " + one.get("id") + " ("
                    + one.get("flag") + "): " + wrong);
        }
    }

    private Decision decide(byte[] snapshot, byte[] request, String flag) {
        if (instance == null || instance.trap() != null || !Arrays.equals(snapshot, loaded)) {
            instance = new Instance(snapshot);
            loaded = snapshot;
        }
        instance.request.clear();
        instance.request.raw(request);
        int packed = instance.evaluate();
        Decision.Served variant = instance.word(1) == 0
                ? null
                : new Decision.Served(instance.text(instance.word(2), instance.word(3)), "");
        return new Decision(flag, packed, variant, null, 0, null);
    }

    private static String compare(Map<String, Object> expect, Decision decision) {
        if (decision.reason() == Reason.UNKNOWN_FLAG && !Boolean.FALSE.equals(expect.get("enabled"))) {
            return "the snapshot has no such flag";
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("enabled", decision.enabled());
        answer.put("variant", decision.variant());
        answer.put("score16", (long) (decision.score().orElse(-1) * Decision.SCORES));
        for (Map.Entry<String, Object> member : expect.entrySet()) {
            Object found = answer.get(member.getKey());
            if (!answer.containsKey(member.getKey())) {
                return "there is no " + member.getKey() + " to compare";
            }
            boolean unscored = member.getKey().equals("score16") && decision.score().isEmpty();
            if (!unscored && !Objects.equals(found, member.getValue())) {
                return member.getKey() + " is " + found + ", the reference answered " + member.getValue();
            }
        }
        return null;
    }
}

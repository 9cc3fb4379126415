package io.github.gonfalonflags;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.
 *
 * <pre>java -cp gonfalon.jar io.github.gonfalonflags.Differential PAIRS DECISIONS</pre>
 *
 * <p>PAIRS has, for each pair, two records, each with its length before it (32 bits, little-endian): the snapshot's bytes, or length
 * 0 for that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed decision, then the variant's
 * name, its payload and the deciding gate's target, each with its length before it. A snapshot or request that the module refuses
 * gives 0xffffffff and three empty texts. {@code -} is standard input or output.
 *
 * <p>What a program could ask is asked again as a program would, which leaves out of its requests what the flag doesn't need.
 * Another decision than that of the request ends it.
 */
final class Differential {
    private final InputStream pairs;
    private final OutputStream decisions;
    private byte[] snapshot = new byte[0];
    private Instance instance; // null: the module refuses the snapshot
    private Engine engine; // likewise
    private int decided;
    private int again;

    private Differential(InputStream pairs, OutputStream decisions) {
        this.pairs = pairs;
        this.decisions = decisions;
    }

    public static void main(String[] arguments) throws IOException {
        boolean standard = arguments.length == 0;
        String from = standard ? "-" : arguments[0];
        String to = standard ? "-" : arguments[1];
        try (InputStream in = from.equals("-") ? System.in : Files.newInputStream(Path.of(from));
                OutputStream out = to.equals("-") ? System.out : Files.newOutputStream(Path.of(to));
                OutputStream decisions = new BufferedOutputStream(out, 1 << 16)) {
            Differential run = new Differential(new BufferedInputStream(in, 1 << 16), decisions);
            run.decideAll();
            System.err.println(run.decided + " decided, " + run.again + " of them again by contexts");
        }
    }

    private void decideAll() throws IOException {
        for (int first = pairs.read(); first >= 0; first = pairs.read()) {
            byte[] changed = record(first);
            if (changed.length > 0 && !Arrays.equals(changed, snapshot)) {
                snapshot = changed;
                load();
            }
            decide(record(pairs.read()));
            decided++;
        }
    }

    private byte[] record(int first) throws IOException {
        if (first < 0) {
            throw new EOFException("the file ends in the middle of a record");
        }
        byte[] rest = pairs.readNBytes(3);
        if (rest.length < 3) {
            throw new EOFException("the file ends in the middle of a record");
        }
        int length = first | (rest[0] & 0xff) << 8 | (rest[1] & 0xff) << 16 | (rest[2] & 0xff) << 24;
        byte[] bytes = new byte[length];
        new DataInputStream(pairs).readFully(bytes);
        return bytes;
    }

    private void load() {
        try {
            instance = new Instance(snapshot);
            engine = new LoadedEngine(snapshot, new Mistakes(), trap -> {
                throw trap;
            });
        } catch (LoadException refused) {
            instance = null;
        }
    }

    private void decide(byte[] request) throws IOException {
        int packed = -1;
        try {
            if (instance != null) {
                instance.request.clear();
                instance.request.raw(request);
                packed = instance.evaluate();
            }
        } catch (RequestException refused) {
            // It is written as such.
        }
        word(packed);
        for (int part = 2; part < 8; part += 2) {
            boolean served = packed >= 0 && instance.word(part + 1) != 0;
            byte[] text = served ? instance.bytes(instance.word(part), instance.word(part + 1)) : new byte[0];
            word(text.length);
            decisions.write(text);
        }
        if (packed >= 0) {
            askAgain(request, packed);
        }
    }

    private void word(int value) throws IOException {
        for (int shift = 0; shift < 32; shift += 8) {
            decisions.write(value >>> shift);
        }
    }

    /** Asks as a program would, if a program can ask so. */
    private void askAgain(byte[] request, int packed) {
        List<?> parts;
        try {
            parts = (List<?>) Reader.read(request);
        } catch (IllegalArgumentException notOurs) {
            return;
        }
        if (parts.size() != 6 || !(parts.get(0) instanceof String) || !(parts.get(4) instanceof Long)
                || !(parts.get(3) instanceof Long) || !(parts.get(5) instanceof Map)
                || !((Map<?, ?>) parts.get(5)).keySet().stream().allMatch(String.class::isInstance)) {
            return; // no context would be written so
        }
        Object actor = parts.get(1);
        Context who = Context.of(Boolean.FALSE.equals(actor) ? (Actor) () -> null : actor)
                .inGroups(parts.get(2))
                .with((Map<?, ?>) parts.get(5))
                .roll((Long) parts.get(4));
        who = who.atMicros((Long) parts.get(3));
        if (!Arrays.equals(request, rewritten((String) parts.get(0), parts, who))) {
            return;
        }
        again++;
        for (int found : new int[] {
            engine.evaluate((String) parts.get(0), who), engine.decide((String) parts.get(0), who).packed(),
        }) {
            if (found != packed) {
                throw new IllegalStateException(String.format("decision %d is %#x, asked by a context %#x", decided, packed, found));
            }
        }
    }

    /** Returns the request that the SDK would write if it left nothing out. */
    private static byte[] rewritten(String key, List<?> parts, Context who) {
        Writer out = new Writer();
        out.array(6).text(key);
        who.writeActor(out);
        List<?> groups = (List<?>) parts.get(2);
        if (groups == null) {
            out.nil();
        } else {
            out.array(groups.size());
            groups.forEach(name -> out.text((String) name));
        }
        out.integer((Long) parts.get(3)).integer((Long) parts.get(4));
        Map<?, ?> attributes = (Map<?, ?>) parts.get(5);
        out.map(attributes.size());
        attributes.forEach((name, value) -> out.text((String) name).raw(Values.encode(value)));
        return out.toBytes();
    }
}

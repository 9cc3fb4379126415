package io.github.gonfalonflags;

import java.nio.charset.StandardCharsets;
import java.util.List;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Memory;

/**
 * One instance of the module with one snapshot in it: the ABI, byte by byte. It serves one call at a time; whoever owns it sees
 * to that. Nothing that is returned points into the module's memory. After a trap it is broken, and only good to be thrown away.
 */
final class Instance {
    static final int ABI = 1;
    static final int MAX_SNAPSHOT_BYTES = 32 << 20; // the engine's limit; larger ones aren't even copied into the module
    static final int BATCH = 1024; // decisions a call, by the ABI

    private static final int REQUEST_BYTES = 64 << 10; // room at first; it grows for what is larger
    private static final int RECORD = 32;

    /** Where requests are written. */
    final Writer request = new Writer(512);

    private final run.endive.runtime.Instance module;
    private final Memory memory;
    private final ExportFunction evaluate;
    private final int result;
    private int address;
    private int room;
    private TrapException trap;

    /** Makes an instance and loads a snapshot into it. Throws LoadException for bytes that the engine refuses. */
    Instance(byte[] snapshot) {
        if (snapshot.length > MAX_SNAPSHOT_BYTES) {
            throw new LoadException(LoadException.TOO_LARGE, MAX_SNAPSHOT_BYTES);
        }
        module = Module.instantiate();
        memory = module.memory();
        evaluate = module.export("evaluate");
        if (call("abi") != ABI) {
            throw new IllegalStateException("the module speaks another ABI than " + ABI);
        }
        result = call("result");
        load(snapshot);
        reserve(REQUEST_BYTES);
    }

    /** Makes an instance with the same memory as another one, which is quicker than loading the snapshot again. */
    Instance(Instance from) {
        module = Module.instantiate();
        memory = module.memory();
        evaluate = module.export("evaluate");
        memory.grow(from.memory.pages() - memory.pages());
        for (int page = 0; page < memory.pages(); page++) {
            int at = page * Memory.PAGE_SIZE;
            memory.write(at, from.memory.readBytes(at, Memory.PAGE_SIZE));
        }
        for (int i = 0; i < module.globalCount(); i++) {
            module.global(i).setValue(from.module.global(i).getValue());
        }
        result = from.result;
        address = from.address;
        room = from.room;
    }

    private void load(byte[] snapshot) {
        int at = call("snapshot", snapshot.length);
        if (at == 0) {
            throw new LoadException(LoadException.TOO_LARGE, MAX_SNAPSHOT_BYTES);
        }
        memory.write(at, snapshot);
        int code = call("load", snapshot.length);
        if (code != 0) {
            throw new LoadException(code, word(0));
        }
    }

    /** Returns the trap that broke the instance; null as long as it is sound. */
    TrapException trap() {
        return trap;
    }

    /** Decides the request's flag, and returns the packed decision. */
    int evaluate() {
        int packed = call(evaluate, send());
        if (packed < 0) {
            throw new RequestException(packed);
        }
        return packed;
    }

    /** Returns a word of the result record at an index. */
    int word(int index) {
        return memory.readInt(result + index * 4);
    }

    /** Decides the request's flags from number first on, and returns how many. {@link #batchWord} has what was decided. */
    int batch(int first) {
        int decided = call("evaluate_batch", send(), first);
        if (decided < 0) {
            throw new RequestException(decided);
        }
        return decided;
    }

    /** Returns a word of one of the batch's records, which are at the address in word 0. */
    int batchWord(int records, int number, int index) {
        return memory.readInt(records + number * RECORD + index * 4);
    }

    /** Returns what deciding the request's flag can ask for, as ABI.md lays it out. */
    List<?> needs() {
        return (List<?>) answer("needs");
    }

    /** Returns the explanation of the request's flag, as ABI.md lays it out. */
    List<?> explain() {
        return (List<?>) answer("explain");
    }

    private Object answer(String export) {
        int length = call(export, send());
        if (length < 0) {
            throw new RequestException(length);
        }
        return Reader.read(bytes(word(0), length));
    }

    String flagKey(int index) {
        int code = call("flag_key", index);
        if (code != 0) {
            throw new RequestException(code);
        }
        return text(word(0), word(1));
    }

    SnapshotInfo info() {
        int code = call("info");
        if (code != 0) {
            throw new RequestException(code);
        }
        return new SnapshotInfo(
                text(word(0), word(1)),
                hex(bytes(word(2), 32)),
                hex(bytes(word(3), 16)),
                word(4) & 0xffffffffL | (long) word(5) << 32,
                word(6),
                word(7),
                word(8));
    }

    /** Returns the bytes of the snapshot that a delta makes of this one. Throws LoadException if it doesn't apply. */
    byte[] splice(byte[] delta) {
        if (delta.length > MAX_SNAPSHOT_BYTES) {
            throw new LoadException(LoadException.TOO_LARGE, MAX_SNAPSHOT_BYTES);
        }
        request.clear();
        int code = call("splice", send(delta, delta.length));
        if (code != 0) {
            throw new LoadException(code, word(0));
        }
        return bytes(word(0), word(1));
    }

    String text(int at, int length) {
        return length == 0 ? "" : new String(bytes(at, length), StandardCharsets.UTF_8);
    }

    byte[] bytes(int at, int length) {
        return memory.readBytes(at, length);
    }

    private int send() {
        return send(request.buffer(), request.size());
    }

    private int send(byte[] bytes, int size) {
        if (size > room) {
            reserve(size);
        }
        try {
            memory.write(address, bytes, 0, size);
        } catch (RuntimeException error) {
            throw trapped(error);
        }
        return size;
    }

    private void reserve(int size) {
        int at = call("request", size);
        if (at == 0) {
            throw new RequestException(-2);
        }
        address = at;
        room = size;
    }

    private int call(String export, long... arguments) {
        return call(module.export(export), arguments);
    }

    /**
     * Calls into the module. An interrupted thread may still decide: the module would stop at its first loop, so that the
     * interruption is put aside for as long as the call takes.
     */
    private int call(ExportFunction export, long... arguments) {
        boolean interrupted = Thread.interrupted();
        try {
            return (int) export.apply(arguments)[0];
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError error) {
            throw trapped(error);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private TrapException trapped(Throwable error) {
        trap = new TrapException(error);
        return trap;
    }

    /** Makes the next call trap, for tests. */
    void ruin() {
        address = -1;
    }

    private static String hex(byte[] bytes) {
        StringBuilder digits = new StringBuilder(bytes.length * 2);
        for (byte b : bytes) {
            digits.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return digits.toString();
    }
}

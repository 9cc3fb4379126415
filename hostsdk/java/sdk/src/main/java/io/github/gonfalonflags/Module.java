package io.github.gonfalonflags;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import run.endive.runtime.ByteArrayMemory;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/** The module: its functions are classes that the build made of it, and the rest is read once a program. */
final class Module {
    private static final WasmModule DECLARATIONS = read();

    private Module() {}

    /** Returns a new instance, whose memory is as the module begins. */
    static run.endive.runtime.Instance instantiate() {
        return run.endive.runtime.Instance.builder(DECLARATIONS)
                .withMachineFactory(EngineModule::create)
                .withMemoryFactory(ByteArrayMemory::new)
                .build();
    }

    private static WasmModule read() {
        // The build has validated it; doing so again takes a fifth of a program's start.
        Parser parser = Parser.builder().withValidation(false).build();
        return parser.parse(() -> {
            InputStream in = Module.class.getResourceAsStream("EngineModule.meta");
            if (in == null) {
                throw new UncheckedIOException(new IOException("EngineModule.meta is missing from the jar"));
            }
            return in;
        });
    }
}

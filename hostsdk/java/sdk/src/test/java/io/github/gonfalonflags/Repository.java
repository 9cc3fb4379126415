package io.github.gonfalonflags;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What tests find in the repository around them. */
final class Repository {
    static final Path ROOT = Path.of("../../..").toAbsolutePath().normalize();

    private Repository() {}

    static String text(String path) {
        try {
            return Files.readString(ROOT.resolve(path));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static Map<String, Object> document(String path) {
        return Payload.object(Json.read(text(path)));
    }

    /** Returns the objects in a list of a document. */
    static List<Map<String, Object>> objects(Object list) {
        List<Map<String, Object>> objects = new ArrayList<>();
        ((List<?>) list).forEach(item -> objects.add(Payload.object(item)));
        return objects;
    }

    /** Returns the gonfalon program: GONFALON_BIN, or one built from the sources. */
    static synchronized Path gonfalon() {
        return program("GONFALON_BIN", "./cmd/gonfalon");
    }

    /** Returns the program that plays the server: GONFALON_CONTRACT, or one built from the sources. */
    static synchronized Path contract() {
        return program("GONFALON_CONTRACT", "./hostsdk/contract");
    }

    private static Path program(String variable, String source) {
        String given = System.getenv(variable);
        if (given != null) {
            return Path.of(given);
        }
        Path built = Path.of("target", variable).toAbsolutePath();
        if (!Files.exists(built)) {
            run(ROOT, "go", "build", "-o", built.toString(), source);
        }
        return built;
    }

    /** Returns the bytes that flags, as people write them, compile to. */
    static byte[] compile(String document) {
        return compile(document, "default");
    }

    /** Returns the bytes that flags compile to, in an environment. */
    static byte[] compile(String document, String environment) {
        try (Folder folder = new Folder()) {
            Path source = folder.resolve("flags.yaml");
            Path snapshot = folder.resolve("flags.snapshot");
            Files.writeString(source, document);
            run(ROOT, gonfalon().toString(), "compile", source.toString(), "--env", environment, "-o", snapshot.toString());
            return Files.readAllBytes(snapshot);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static String run(Path folder, String... command) {
        try (Folder made = new Folder()) {
            Path output = made.resolve("output");
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + ": " + Files.readString(output));
            }
            return Files.readString(output);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            throw new AssertionError(error);
        }
    }
}

package io.github.gonfalonflags;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A folder that ends with its owner, and what is in it. */
final class Folder implements AutoCloseable {
    private final Path path = Files.createTempDirectory("gonfalon-java-");

    Folder() throws IOException {}

    Path resolve(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() throws IOException {
        if (Files.notExists(path)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> found = Files.walk(path)) {
            all = found.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
        }
        for (Path one : all) {
            Files.deleteIfExists(one);
        }
    }
}

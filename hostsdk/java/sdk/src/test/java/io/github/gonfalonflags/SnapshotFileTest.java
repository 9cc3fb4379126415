package io.github.gonfalonflags;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a path of the options leads to, the client starts, goes on, and destroys nothing. */
class SnapshotFileTest {
    private static final byte[] SNAPSHOT = Repository.compile("flags: [{key: a, gates: [{type: boolean, enabled: true}]}]");

    @TempDir
    Path folder;

    private Map<String, Path> odd() throws IOException {
        Map<String, Path> odd = new LinkedHashMap<>();
        Path pipe = folder.resolve("pipe");
        Repository.run(folder, "mkfifo", pipe.toString());
        odd.put("a pipe", pipe);
        odd.put("a folder", Files.createDirectory(folder.resolve("folder")));
        odd.put("a link to a pipe", Files.createSymbolicLink(folder.resolve("link"), pipe));
        odd.put("a link to nothing", Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("none")));
        odd.put("a device", Path.of("/dev/zero"));
        odd.put("below a file", Files.write(folder.resolve("file"), new byte[] {1}).resolve("flags"));
        odd.put("a long name", folder.resolve("a".repeat(5000)));
        return odd;
    }

    @Test
    void anyLastGoodLetsTheClientStart() throws IOException {
        odd().forEach((what, path) -> assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            try (Gonfalon flags = Gonfalon.connect(new Options().lastGood(path).bootstrap(SNAPSHOT))) {
                assertTrue(flags.enabled("a"), what);
            }
            try (Gonfalon flags = Gonfalon.connect(new Options().file(path).readyWithin(Duration.ofSeconds(1)))) {
                assertFalse(flags.enabled("a"), what);
            }
            assertThrows(RuntimeException.class, () -> new Options().bootstrap(path), what);
        }));
    }

    @Test
    void whatIsNoRegularFileIsNotReplaced() throws IOException {
        for (Map.Entry<String, Path> one : odd().entrySet()) {
            if (one.getValue().startsWith("/dev")) {
                continue;
            }
            Object before = looks(one.getValue());
            Store store = new Store(null, new Status(null, Runnable::run), one.getValue(), Secret.NONE);
            assertTrue(store.takeSnapshot(SNAPSHOT, null), one.getKey());
            assertEquals(before, looks(one.getValue()), one.getKey());
        }
    }

    @Test
    void aLinkToAFileStaysOne() throws IOException {
        Path file = Files.write(folder.resolve("kept"), new byte[0]);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        SnapshotFile.write(link, SNAPSHOT);
        assertTrue(Files.isSymbolicLink(link));
        assertArrayEquals(SNAPSHOT, Files.readAllBytes(file));
    }

    @Test
    void whatKilledProcessesHaveLeftIsDeletedAndNothingElse() throws IOException {
        Path file = folder.resolve("flags");
        for (String name : List.of("flags.123.tmp", "flags.x.tmp", "flags.tmp", "other.123.tmp", "flags.456.tmp")) {
            Path left = Files.write(folder.resolve(name), new byte[] {1});
            if (!name.equals("flags.456.tmp")) { // is being written
                Files.setLastModifiedTime(left, FileTime.fromMillis(0));
            }
        }
        SnapshotFile.write(file, SNAPSHOT);
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(
                    List.of("flags", "flags.456.tmp", "flags.tmp", "flags.x.tmp", "other.123.tmp"),
                    left.map(path -> path.getFileName().toString()).sorted().collect(Collectors.toList()));
        }
    }

    private static Object looks(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
        } catch (IOException none) {
            return null;
        }
    }
}

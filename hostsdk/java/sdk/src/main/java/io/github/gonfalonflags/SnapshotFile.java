package io.github.gonfalonflags;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.regex.Pattern;

/** A snapshot in a file, which holds its bytes and nothing else. */
final class SnapshotFile {
    private static final Duration ABANDONED = Duration.ofMinutes(1); // then a file that is being written is of a killed process

    private SnapshotFile() {}

    /** Reads a file that should be a snapshot, however large it is. A pipe could keep a start waiting. */
    static byte[] read(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            if (Files.notExists(path)) {
                throw new NoSuchFileException(path.toString());
            }
            throw new IOException(path + " is not a regular file");
        }
        try (InputStream file = Files.newInputStream(path)) {
            byte[] data = file.readNBytes(Instance.MAX_SNAPSHOT_BYTES + 1);
            if (data.length > Instance.MAX_SNAPSHOT_BYTES) {
                throw new IOException(path + " is larger than a snapshot can be");
            }
            return data;
        }
    }

    /** Writes a file whole or not at all. What is there and is no regular file is never replaced; a link stays one. */
    static void write(Path to, byte[] data) throws IOException {
        boolean there = Files.exists(to, LinkOption.NOFOLLOW_LINKS);
        if (there && !Files.isRegularFile(to)) {
            throw new IOException(to + " is not a regular file");
        }
        Path path = there ? to.toRealPath() : to;
        Path folder = path.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path beside = Files.createTempFile(folder, path.getFileName() + ".", null);
        try {
            try (FileChannel file = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(data);
                while (rest.hasRemaining()) {
                    file.write(rest);
                }
                file.force(true);
            }
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
        sweep(folder, path.getFileName().toString());
    }

    /** Deletes what processes that were killed have left half written: files with the names that createTempFile makes. */
    private static void sweep(Path folder, String name) {
        FileTime since = FileTime.fromMillis(System.currentTimeMillis() - ABANDONED.toMillis());
        Pattern ours = Pattern.compile(Pattern.quote(name) + "\\.-?\\d+\\.tmp");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> ours.matcher(file.getFileName().toString()).matches())) {
            for (Path file : files) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        && Files.getLastModifiedTime(file).compareTo(since) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | DirectoryIteratorException quicker) {
            // Another process has deleted it.
        }
    }
}

package io.github.gonfalonflags;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Serves a file, and reads it again when it has changed. */
final class FileSource extends Source {
    private final Path path;
    private final Duration look;
    private List<Object> seen;
    private boolean wrong; // what was seen

    FileSource(Options options, Store store, Status status, Timers timers) {
        super(options, store, status, timers);
        path = options.file;
        look = options.pace.look;
    }

    @Override
    void follow() throws InterruptedException {
        while (true) {
            try {
                look();
            } catch (IOException | FrameException error) {
                failed(error);
                answer();
            }
            Thread.sleep(look.toMillis());
        }
    }

    /** Reads the file if it has changed. What was wrong with it stays wrong until it is another one. */
    private void look() throws IOException {
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        List<Object> looks = Arrays.asList(now.fileKey(), now.size(), now.lastModifiedTime());
        if (!looks.equals(seen)) {
            byte[] data = SnapshotFile.read(path);
            seen = looks;
            wrong = true;
            store.takeSnapshot(data, null);
            wrong = false;
        }
        if (!wrong) {
            contact();
        }
    }
}

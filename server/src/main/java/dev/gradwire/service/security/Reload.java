package dev.gradwire.service.security;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads files again when one of them has changed. What cannot be read leaves what was there before, and is tried again.
 * (gRPC's own watcher looks once a minute at the most.)
 */
final class Reload implements Runnable {
    /** Takes what the files hold now. */
    @FunctionalInterface
    interface Reader {
        void read() throws IOException, GeneralSecurityException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final List<Path> files;
    private final Reader reader;
    private Map<Path, Long> seen;

    private Reload(List<Path> files, Reader reader) {
        this.files = files;
        this.reader = reader;
        this.seen = times();
    }

    /** Reads now, and then whenever the files have changed, until the scheduler is shut down. */
    static void schedule(List<Path> files, Reader reader, Duration period, ScheduledExecutorService scheduler)
            throws IOException, GeneralSecurityException {
        Reload reload = new Reload(files, reader);
        reader.read();
        var _ = scheduler.scheduleWithFixedDelay(reload, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void run() {
        try {
            Map<Path, Long> now = times();
            if (!now.equals(seen)) {
                reader.read();
                seen = now;
                LOG.info("read {} again", files);
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.warn("{} cannot be used; what was read before stays in use", files, e);
        }
    }

    private Map<Path, Long> times() {
        return files.stream()
                .collect(Collectors.toMap(
                        Function.identity(), file -> file.toFile().lastModified()));
    }
}

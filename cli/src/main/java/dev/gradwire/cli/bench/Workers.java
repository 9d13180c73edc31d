package dev.gradwire.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The workers of one number of threads. A peer's serves all workloads, as it takes long to start; ours are new for each,
 * so that no earlier workload has made anything ready for a later one.
 */
final class Workers implements AutoCloseable {
    private final int threads;
    private final Path logs;
    private final int limitSeconds;
    private final Map<String, WorkerProcess> running = new HashMap<>();

    /** @param limitSeconds for one answer */
    Workers(int threads, Path logs, int limitSeconds) {
        this.threads = threads;
        this.logs = logs;
        this.limitSeconds = limitSeconds;
    }

    int threads() {
        return threads;
    }

    /** One that is ready to load a workload; it stays this object's. */
    WorkerProcess ready(Contestant contestant) throws IOException, WorkerProcess.Failure {
        WorkerProcess known = running.get(contestant.name());
        if (known != null && known.isAlive()) {
            if (!contestant.ours()) {
                return known;
            }
            known.close();
        }
        Path log = logs.resolve(contestant.name() + ".log");
        WorkerProcess started = WorkerProcess.start(contestant.command(threads), threads, log, limitSeconds);
        running.put(contestant.name(), started);
        return started;
    }

    @Override
    public void close() {
        running.values().forEach(WorkerProcess::close);
    }
}

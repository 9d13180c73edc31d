package dev.gradwire.cli.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** The near end of a worker, ours or a peer's, that has been started: one question at a time. */
final class WorkerProcess implements AutoCloseable {
    /** What a worker did not do. It has said so, or it is gone. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1;

        Failure(String reason) {
            super(reason);
        }
    }

    private static final int LOG_LINES = 5;

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter questions;
    private final Path log;
    private final int limitSeconds;
    private String version = "";

    private WorkerProcess(Process process, Path log, int limitSeconds) {
        this.process = process;
        this.log = log;
        this.limitSeconds = limitSeconds;
        answers = process.inputReader(UTF_8);
        questions = new PrintWriter(process.outputWriter(UTF_8), true);
    }

    /**
     * Waits until the worker is ready.
     *
     * @param log receives what it prints to standard error
     * @param limitSeconds for one answer; a worker that takes longer is ended
     * @throws Failure when it does not become ready
     */
    static WorkerProcess start(List<String> command, int threads, Path log, int limitSeconds)
            throws IOException, Failure {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        setThreads(builder, threads);
        WorkerProcess worker = new WorkerProcess(builder.start(), log, limitSeconds);
        try {
            worker.version = worker.answer().get("ready").getAsString();
            return worker;
        } catch (Failure e) {
            worker.close();
            throw e;
        }
    }

    /** Tells the libraries of a process that is to be started how many threads to have. */
    static void setThreads(ProcessBuilder builder, int threads) {
        for (String variable : List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")) {
            builder.environment().put(variable, String.valueOf(threads));
        }
        // They make one library faster or slower, and not every engine has that library.
        List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE").forEach(builder.environment()::remove);
    }

    /** Of what it runs. */
    String version() {
        return version;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    JsonObject ask(String question) throws Failure {
        questions.println(question);
        return answer();
    }

    private JsonObject answer() throws Failure {
        Future<?> limit = CompletableFuture.runAsync(
                process::destroyForcibly, CompletableFuture.delayedExecutor(limitSeconds, SECONDS));
        try {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith("{")) { // libraries print, too
                    JsonObject answer = JsonParser.parseString(line).getAsJsonObject();
                    if (answer.has("refused")) {
                        throw new Failure(answer.get("refused").getAsString());
                    }
                    return answer;
                }
            }
            process.destroyForcibly();
            throw new Failure(limit.isDone() ? "no answer in " + limitSeconds + " s" : "ended: " + lastWords());
        } catch (IOException e) {
            throw new Failure(String.valueOf(e.getMessage()));
        } finally {
            limit.cancel(false);
        }
    }

    private String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    @Override
    public void close() {
        questions.close();
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}

package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.runtime.Lanes;
import dev.gradwire.service.telemetry.Metrics;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Runs small graphs whose results are known, from the bytes of a request to the bytes of an answer. Once, that shows
 * that the library computes; again and again, with a client that calls for them, it has the Java machine compile the way
 * that the first callers' graphs will take. Has an engine of its own, so that it leaves nothing in the server's caches and is held to no limits that
 * its operator has set.
 */
final class SelfTest implements AutoCloseable {
    /** In single precision, and to tell a wrong kernel from a right one. */
    private static final double TOLERANCE = 1e-3;

    private static final long CACHED_STEPS = 10_000;
    private static final long CACHED_BYTES = 1 << 20;

    private final List<SelfTestGraph> graphs;
    private final Resources resources;
    private int round;

    /** @param graphs what to run */
    SelfTest(int threads, List<SelfTestGraph> graphs) {
        this.graphs = graphs;
        Lanes lanes = new Lanes(1);
        resources = new Resources(
                Engine.open(new EngineSettings(threads, CACHED_STEPS)),
                Limits.DEFAULT,
                lanes,
                new Admission(lanes, Limits.DEFAULT),
                new Budget(Limits.DEFAULT),
                new ProgramCache(CACHED_BYTES),
                Metrics.NONE,
                new CopyCounts());
    }

    /**
     * Runs each graph as one never seen, and once more as one that is known.
     *
     * @throws SelfTestException when one fails or its results are not what they should be
     */
    void run() {
        ReadyPrograms programs = new ReadyPrograms(resources);
        run(request -> {
            RunCall call = RunCall.parse(request.toByteString().newInput());
            return RunResponse.parseFrom(
                    new RunHandler(resources, call.inputs(), programs.get(call.key()), Context.ROOT).run(0).stream());
        });
    }

    /**
     * Warms up the engine's loops for half of the time, and then has a client call for the graphs until it is over or the
     * thread is interrupted.
     */
    void runFor(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        resources.engine().warmUp(time.dividedBy(2));
        try (LocalCalls calls = new LocalCalls(resources)) {
            while (System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
                run(calls::run);
            }
        }
    }

    private void run(UnaryCall call) {
        round++;
        for (SelfTestGraph graph : graphs) {
            check(graph, answer(graph, call));
            check(graph, answer(graph, call));
        }
    }

    /** Answers a request. */
    @FunctionalInterface
    private interface UnaryCall {
        RunResponse answer(RunRequest request) throws IOException;
    }

    private RunResponse answer(SelfTestGraph graph, UnaryCall call) {
        try {
            RunRequest request = RunRequest.parseFrom(graph.request(round).toByteArray());
            return RunResponse.parseFrom(call.answer(request).toByteArray());
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new SelfTestException("the self-test '" + graph.name() + "' failed: " + e, e);
        }
    }

    private static void check(SelfTestGraph graph, RunResponse response) {
        check(graph, "a value", TensorCodec.first(response.getOutputs(0).getTensor()), graph.value());
        check(graph, "a gradient", TensorCodec.first(response.getGradients(0).getValue()), graph.gradient());
    }

    private static void check(SelfTestGraph graph, String what, double is, double should) {
        if (!(Math.abs(is - should) <= TOLERANCE * Math.max(1, Math.abs(should)))) {
            throw new SelfTestException(
                    "the self-test '" + graph.name() + "' gave " + what + " of " + is + " in place of " + should, null);
        }
    }

    @Override
    public void close() {
        resources.lanes().close();
        resources.engine().close();
    }
}

package dev.gradwire.service.reliability;

import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.LosingReplica;
import dev.gradwire.service.ServeCommand;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** R2, R6: how replicas end, seen from outside of their processes. */
final class LifeCycleTest {
    private static final int CALLS = 10;
    private static final long SIZE = 256;
    private static final int GRACE_SECONDS = 120;

    /** Products of about a millisecond each. */
    private static RunRequest products(int count) {
        Graph.Builder graph = Graph.newBuilder().addInputs(Wire.leaf("n0", SIZE, SIZE));
        for (int i = 1; i <= count; i++) {
            graph.addNodes(node("n" + i, "matmul", value("n" + (i - 1)), value("n0")));
        }
        graph.addNodes(node("end", "sum", value("n" + count))).addOutputs("end");
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .addInputs(Wire.named("n0", Wire.floats(List.of(SIZE, SIZE), new float[(int) (SIZE * SIZE)])))
                .build();
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    @Test
    void r2WhatIsInFlightEndsBeforeTheProcessDoes() throws Exception {
        try (Replica replica = new Replica(
                ServeCommand.class, "--port=0", "--warm-up=0", "--drain-delay=1", "--grace=" + GRACE_SECONDS)) {
            CompletableFuture<Long> notServing = replica.watch();
            replica.run(products(2)).get(60, TimeUnit.SECONDS);
            List<CompletableFuture<RunResponse>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                calls.add(replica.run(products(400)));
            }
            Thread.sleep(500);
            assertThat(calls.getLast()).isNotDone();
            long told = System.nanoTime();
            replica.process.destroy(); // SIGTERM
            double notServingSeconds = (notServing.get(30, TimeUnit.SECONDS) - told) / 1e9;
            int answered = 0;
            for (CompletableFuture<RunResponse> call : calls) {
                answered += call.handle((answer, _) -> answer == null ? 0 : answer.getOutputsCount())
                        .get(GRACE_SECONDS, TimeUnit.SECONDS);
            }
            replica.channel.shutdown();
            assertThat(replica.process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)).isTrue();
            Figures.add("R2", answered + " of " + CALLS + " calls answered", CALLS + " of " + CALLS, 0);
            Figures.add("R2", "NOT_SERVING after %.2f s".formatted(notServingSeconds), "1 s", 0);
            Figures.add(
                    "R2",
                    "exit %d after %.1f s".formatted(replica.process.exitValue(), secondsSince(told)),
                    "exit 0 in grace + 1 s = " + (GRACE_SECONDS + 1) + " s",
                    0);
            assertThat(answered).isEqualTo(CALLS);
            assertThat(replica.process.exitValue()).isZero();
            assertThat(notServingSeconds).isLessThan(3); // a loaded machine
        }
    }

    @Test
    void r6AReplicaWithoutItsNativeLayerEnds() throws Exception {
        try (Replica replica = new Replica(LosingReplica.class)) {
            CompletableFuture<Long> notServing = replica.watch();
            replica.run(products(2)).get(60, TimeUnit.SECONDS);
            long lost = System.nanoTime();
            try (OutputStream in = replica.process.getOutputStream()) {
                in.write('\n');
                in.flush();
            }
            Code code = Code.OK;
            double errorSeconds = 0;
            while (code == Code.OK && secondsSince(lost) < 10) { // the line takes its way
                long asked = System.nanoTime();
                try {
                    replica.run(products(2)).get(10, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    code = Status.fromThrowable(e.getCause()).getCode();
                    errorSeconds = secondsSince(asked);
                }
            }
            double notServingSeconds = (notServing.get(10, TimeUnit.SECONDS) - lost) / 1e9;
            Code late = Code.OK;
            try {
                AutogradServiceGrpc.newBlockingStub(replica.channel).run(products(2));
            } catch (RuntimeException e) {
                late = Status.fromThrowable(e).getCode();
            }
            assertThat(replica.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            int exit = replica.process.exitValue();
            Figures.add("R6", "%s after %.2f s".formatted(code, errorSeconds), "typed error in 1 s", 0);
            Figures.add("R6", "NOT_SERVING after %.2f s".formatted(notServingSeconds), "2 s", 0);
            Figures.add("R6", "exit %d after %.1f s".formatted(exit, secondsSince(lost)), "not 0", 0);
            assertThat(code).isIn(Code.INTERNAL, Code.UNAVAILABLE);
            assertThat(late).isEqualTo(Code.UNAVAILABLE);
            assertThat(errorSeconds).isLessThan(3);
            assertThat(notServingSeconds).isLessThan(4);
            assertThat(exit).isEqualTo(3);
        }
    }
}

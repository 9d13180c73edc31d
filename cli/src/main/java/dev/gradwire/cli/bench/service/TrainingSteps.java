package dev.gradwire.cli.bench.service;

import dev.gradwire.client.DType;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Program;
import dev.gradwire.client.Run;
import dev.gradwire.client.Session;
import dev.gradwire.client.Tensor;
import dev.gradwire.client.TensorData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A training loop whose parameters stay on the server: each step a mini-batch goes up and the loss comes down. A step
 * computes next to nothing, so that its time is what a session adds.
 */
final class TrainingSteps implements AutoCloseable {
    private final Session session;
    private final Tensor x;
    private final TensorData batch;
    private final Program program;

    TrainingSteps(Gradwire client) {
        x = client.input(DType.FLOAT32, 8, 16);
        batch = TensorData.of(new float[128], 8, 16);
        Tensor w = client.tensor(TensorData.of(new float[16], 16)).requiresGrad(true);
        Tensor loss = x.matmul(w).sub(1).pow(2).sum();
        Tensor next = w.sub(Gradwire.grad(loss, w).getFirst(), 0.01);
        program = Program.builder()
                .output("loss", loss)
                .output("w", next)
                .carry(w, next)
                .build();
        session = client.session();
    }

    /** Microseconds a step beyond its compute. */
    double overheadMicros(int steps, boolean wait) {
        List<Run> runs = new ArrayList<>(steps);
        long start = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            Run run = session.run(program, Map.of(x, batch), List.of("loss"));
            if (wait) {
                run.get("loss");
            }
            runs.add(run);
        }
        runs.getLast().get("loss");
        long nanos = System.nanoTime() - start;
        long compute = 0;
        for (Run run : runs) {
            compute += run.statistics().getComputeNanoseconds();
        }
        return (nanos - compute) / 1e3 / steps;
    }

    @Override
    public void close() {
        session.close();
    }
}

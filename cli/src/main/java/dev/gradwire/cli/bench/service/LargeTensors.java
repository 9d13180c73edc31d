package dev.gradwire.cli.bench.service;

import dev.gradwire.client.DType;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Program;
import dev.gradwire.client.Session;
import dev.gradwire.client.Tensor;
import dev.gradwire.client.TensorData;
import java.util.List;
import java.util.Map;

/** A tensor of float64 that goes up to a session, comes down from it, or both, by the client as everybody uses it. */
final class LargeTensors implements AutoCloseable {
    private final Session session;
    private final TensorData data;
    private final Tensor x;
    private final Program program;

    LargeTensors(Gradwire client, int elements) {
        double[] values = new double[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = i;
        }
        data = TensorData.of(values, elements);
        x = client.input(DType.FLOAT64, elements);
        program = Program.builder()
                .output("all", x.alias())
                .output("first", x.select(0, 0))
                .build();
        session = client.session();
    }

    long bytes() {
        return 8 * data.numel();
    }

    /** Up; only the first element comes back. */
    void up() {
        check(session.run(program, Map.of(x, data), List.of("first")).get("first"), 1);
    }

    /** Down: what went up before. */
    void down() {
        check(session.run(program, Map.of(), List.of("all")).get("all"), data.numel());
    }

    void thereAndBack() {
        check(session.run(program, Map.of(x, data), List.of("all")).get("all"), data.numel());
    }

    private void check(TensorData answer, long elements) {
        if (answer.numel() != elements
                || answer.bytes().getLong(0) != data.bytes().getLong(0)) {
            throw new IllegalStateException("another tensor came back");
        }
    }

    @Override
    public void close() {
        session.close();
    }
}

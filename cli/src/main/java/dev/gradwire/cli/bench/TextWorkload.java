package dev.gradwire.cli.bench;

import dev.gradwire.engine.Program;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.Rewrites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A graph in the text form, whose {@code return} statement is its last line; recording it means parsing it. Its inputs
 * are drawn by their types, the same ones each time: integers from 0 to 9, and floating point numbers evenly from
 * −s to s, where s is 1 for up to one dimension, and for more √(3 / elements of a row), the usual start of a weight,
 * which keeps sums over rows near 1.
 */
record TextWorkload(String name, String text) implements Workload {
    private static final long SEED = 20_261_124;
    private static final int INTEGERS = 10;

    static TextWorkload read(Path path) {
        try {
            return new TextWorkload(String.valueOf(path.getFileName()), Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<Tensor> inputs() {
        SplittableRandom random = new SplittableRandom(SEED);
        return graph().inputs().stream()
                .map(input -> draw(input.value().type(), random))
                .toList();
    }

    private static Tensor draw(TensorType type, SplittableRandom random) {
        int elements = Math.toIntExact(type.shape().elements());
        double[] values = new double[elements];
        double scale = scale(type.shape());
        for (int i = 0; i < elements; i++) {
            values[i] = type.dtype().isFloating() ? scale * (2 * random.nextDouble() - 1) : random.nextInt(INTEGERS);
        }
        return Tensor.of(type.dtype(), type.shape(), values);
    }

    private static double scale(Shape shape) {
        if (shape.rank() < 2 || shape.elements() == 0) {
            return 1;
        }
        return Math.sqrt(3.0 * shape.dim(0) / shape.elements());
    }

    /** With nodes as they are recorded; what is differentiated is not yet. */
    Graph graph() {
        return recording(text).graph();
    }

    @Override
    public Program program() {
        return program(text);
    }

    @Override
    public Program unseen(int number) {
        int last = text.lastIndexOf("return ");
        return program(text.substring(0, last) + "unseen: uint8[" + number + "]\n"
                + text.substring(last).stripTrailing() + ", unseen\n");
    }

    private static Program program(String text) {
        Recording recording = recording(text);
        return new Program(recording, recording.graph().outputs().size(), List.of(), List.of());
    }

    private static Recording recording(String text) {
        return TextForm.parse(text, Rewrites.all());
    }

    @Override
    public String toString() {
        return name;
    }
}

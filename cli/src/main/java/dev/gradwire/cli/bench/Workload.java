package dev.gradwire.cli.bench;

import dev.gradwire.engine.Program;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/** A graph to be timed, with data for its inputs. */
interface Workload {
    String name();

    /** One for each input of the graph, in order. */
    List<Tensor> inputs();

    /** Records the graph. */
    Program program();

    /**
     * Records the same work under a digest of its own, as one more input behind the others makes it, so that no plan is
     * there yet. The input is {@link #unseenInput}.
     */
    Program unseen(int number);

    static Tensor unseenInput(int number) {
        return Tensor.of(DType.UINT8, Shape.of(number), new double[number]);
    }

    /**
     * A workload of {@link Workloads} by its name, or a file: a graph of the conformance format, or, if its name ends in
     * {@code .txt}, in the text form.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    static Workload of(String nameOrFile) {
        if (Workloads.names().contains(nameOrFile)) {
            return Workloads.named(nameOrFile);
        }
        Path path = Path.of(nameOrFile);
        return nameOrFile.endsWith(".txt") ? TextWorkload.read(path) : FileWorkload.read(path);
    }
}

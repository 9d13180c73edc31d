package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The choice that decompositions leave. Each vector is fixed only up to a factor of absolute value 1, which is the same in
 * all matrices of one decomposition, and those beyond the rank up to a rotation among themselves. The gauge turns expected
 * tensors, and cotangents and tangents that belong to them, into those for the vectors that are there.
 */
final class Gauge {
    private static final double UNITARY = 1e-6;

    /** For each output; null where it stays as it is expected. */
    private final List<@Nullable Frame> frames = new ArrayList<>();

    private final Case.Tolerance tolerance;
    private final Shape decomposed;
    private final int rank;
    /** The factors of the vectors of all matrices, known from the first output that has vectors. */
    private @Nullable Factors factors;

    private Gauge(Shape decomposed, Case.Tolerance tolerance) {
        this.decomposed = decomposed;
        this.tolerance = tolerance;
        this.rank = decomposed.rank() < 2 ? 0 : (int) Math.min(size(decomposed, 1), size(decomposed, 2));
    }

    /** @param decomposed the shape of the matrices of which the outputs are a decomposition */
    static Gauge of(List<Tensor> actual, List<Tensor> expected, Shape decomposed, Case.Tolerance tolerance) {
        Gauge gauge = new Gauge(decomposed, tolerance);
        for (int i = 0; i < actual.size(); i++) {
            gauge.frames.add(gauge.frame(actual.get(i), expected.get(i)));
        }
        return gauge;
    }

    /** An expected tensor in the place of an output, as it is for the vectors that are there. */
    Tensor align(int output, Tensor tensor) {
        Frame frame = frames.get(output);
        return frame == null ? tensor : frame.apply(tensor);
    }

    private @Nullable Frame frame(Tensor actual, Tensor expected) {
        Shape shape = expected.type().shape();
        boolean vectors = rank > 0
                && shape.rank() == decomposed.rank()
                && shape.elements() > 0
                && expected.type().dtype().isDifferentiable()
                && actual.type().equals(expected.type());
        if (!vectors) {
            return null;
        }
        boolean first = factors == null;
        if (first && agree(actual, expected)) {
            factors = Factors.ones(Vectors.of(expected, true).batch, rank);
            return null;
        }
        Frame frame = null;
        for (boolean columns : new boolean[] {true, false}) {
            Vectors there = Vectors.of(actual, columns);
            Vectors given = Vectors.of(expected, columns);
            Factors candidates = factors != null ? factors : Factors.between(given, there, rank);
            frame = Frame.of(given, there, candidates);
            if (frame.isUnitary() && agree(actual, frame.apply(expected))) {
                factors = candidates;
                return frame;
            }
        }
        // What agrees only with factors of its own belongs to another decomposition, and shall not pass.
        return first ? null : frame;
    }

    private boolean agree(Tensor actual, Tensor expected) {
        return Comparison.of(actual, expected, tolerance).difference() == null;
    }

    private static long size(Shape shape, int fromEnd) {
        return shape.dim(shape.rank() - fromEnd);
    }

    /** The columns of matrices, or the conjugates of their rows, as complex numbers. */
    private static final class Vectors {
        private final boolean columns;
        private final int batch;
        private final int count;
        private final int length;
        private final double[] numbers;

        private Vectors(boolean columns, int batch, int count, int length, double[] numbers) {
            this.columns = columns;
            this.batch = batch;
            this.count = count;
            this.length = length;
            this.numbers = numbers;
        }

        static Vectors of(Tensor tensor, boolean columns) {
            Shape shape = tensor.type().shape();
            int width = (int) size(shape, 1);
            int height = (int) size(shape, 2);
            int batch = (int) (shape.elements() / width / height);
            Vectors vectors = new Vectors(
                    columns,
                    batch,
                    columns ? width : height,
                    columns ? height : width,
                    new double[2 * (int) shape.elements()]);
            vectors.read(tensor);
            return vectors;
        }

        Vectors like() {
            return new Vectors(columns, batch, count, length, new double[numbers.length]);
        }

        private void read(Tensor tensor) {
            boolean complex = tensor.type().dtype().isComplex();
            Tensor parts = complex ? Comparison.parts(tensor) : tensor;
            for (int i = 0; i < numbers.length / 2; i++) {
                numbers[2 * i] = parts.getDouble(complex ? 2L * i : i);
                double imaginary = complex ? parts.getDouble(2L * i + 1) : 0;
                numbers[2 * i + 1] = columns ? imaginary : -imaginary;
            }
        }

        Tensor write(Tensor like) {
            boolean complex = like.type().dtype().isComplex();
            double[] elements = new double[complex ? numbers.length : numbers.length / 2];
            for (int i = 0; i < elements.length; i++) {
                boolean conjugated = complex && !columns && i % 2 == 1;
                elements[i] = conjugated ? -numbers[i] : numbers[complex ? i : 2 * i];
            }
            if (!complex) {
                return Tensor.of(like.type().dtype(), like.type().shape(), elements);
            }
            Tensor parts = Comparison.parts(like);
            Tensor changed = Tensor.of(parts.type().dtype(), parts.type().shape(), elements);
            return new Tensor(like.type(), changed.data());
        }

        /** Where entry {@code place} of a vector begins. */
        int at(int matrix, int vector, int place) {
            int inMatrix = columns ? place * count + vector : vector * length + place;
            return 2 * (matrix * count * length + inMatrix);
        }

        /** {@code ⟨this vector, other's vector⟩}, conjugate on the left. */
        double[] inner(int matrix, int vector, Vectors other, int otherVector) {
            double[] sum = new double[2];
            for (int place = 0; place < length; place++) {
                int a = at(matrix, vector, place);
                int b = other.at(matrix, otherVector, place);
                sum[0] += numbers[a] * other.numbers[b] + numbers[a + 1] * other.numbers[b + 1];
                sum[1] += numbers[a] * other.numbers[b + 1] - numbers[a + 1] * other.numbers[b];
            }
            return sum;
        }
    }

    /** One factor for each of the first {@code rank} vectors of each matrix. */
    private static final class Factors {
        private final int rank;
        private final double[] numbers;

        private Factors(int rank, double[] numbers) {
            this.rank = rank;
            this.numbers = numbers;
        }

        static Factors ones(int batch, int rank) {
            double[] numbers = new double[2 * batch * rank];
            for (int i = 0; i < numbers.length; i += 2) {
                numbers[i] = 1;
            }
            return new Factors(rank, numbers);
        }

        static Factors between(Vectors given, Vectors there, int rank) {
            Factors factors = ones(given.batch, rank);
            for (int matrix = 0; matrix < given.batch; matrix++) {
                for (int i = 0; i < Math.min(rank, given.count); i++) {
                    double[] product = given.inner(matrix, i, there, i);
                    double size = Math.hypot(product[0], product[1]);
                    if (size > 0) {
                        factors.numbers[2 * (matrix * rank + i)] = product[0] / size;
                        factors.numbers[2 * (matrix * rank + i) + 1] = product[1] / size;
                    }
                }
            }
            return factors;
        }
    }

    /** For each matrix the {@code q} of which {@code there = given · q} for columns, {@code qᴴ · given} for rows. */
    private static final class Frame {
        private final boolean columns;
        private final int count;
        private final double[] q;

        private Frame(boolean columns, int count, double[] q) {
            this.columns = columns;
            this.count = count;
            this.q = q;
        }

        static Frame of(Vectors given, Vectors there, Factors factors) {
            int count = given.count;
            double[] q = new double[2 * given.batch * count * count];
            for (int matrix = 0; matrix < given.batch; matrix++) {
                for (int i = 0; i < count; i++) {
                    if (i < factors.rank) {
                        int from = 2 * (matrix * factors.rank + i);
                        System.arraycopy(factors.numbers, from, q, at(matrix, i, i, count), 2);
                        continue;
                    }
                    for (int j = factors.rank; j < count; j++) {
                        double[] product = given.inner(matrix, i, there, j);
                        System.arraycopy(product, 0, q, at(matrix, i, j, count), 2);
                    }
                }
            }
            return new Frame(given.columns, count, q);
        }

        private static int at(int matrix, int row, int column, int count) {
            return 2 * ((matrix * count + row) * count + column);
        }

        /** Whether all columns have length 1, as rotations keep lengths. */
        boolean isUnitary() {
            double[] lengths = new double[q.length / 2 / count];
            for (int i = 0; i < q.length; i++) {
                int entry = i / 2;
                lengths[entry / (count * count) * count + entry % count] += q[i] * q[i];
            }
            return Arrays.stream(lengths).allMatch(length -> Math.abs(length - 1) < UNITARY);
        }

        Tensor apply(Tensor tensor) {
            Vectors from = Vectors.of(tensor, columns);
            Vectors to = from.like();
            for (int matrix = 0; matrix < from.batch; matrix++) {
                for (int i = 0; i < count; i++) {
                    for (int j = 0; j < count; j++) {
                        int entry = at(matrix, i, j, count);
                        addTimes(to, from, matrix, i, j, q[entry], q[entry + 1]);
                    }
                }
            }
            return to.write(tensor);
        }

        private static void addTimes(Vectors to, Vectors from, int matrix, int i, int j, double re, double im) {
            for (int place = 0; place < from.length && (re != 0 || im != 0); place++) {
                int a = from.at(matrix, i, place);
                int b = to.at(matrix, j, place);
                to.numbers[b] += from.numbers[a] * re - from.numbers[a + 1] * im;
                to.numbers[b + 1] += from.numbers[a] * im + from.numbers[a + 1] * re;
            }
        }
    }
}

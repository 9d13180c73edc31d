package dev.gradwire.cli.sweep;

import dev.gradwire.graph.Parameter;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One call of an operator with tensors, in the text form, made from a seed and a number alone.
 *
 * @param inputs by name
 */
record SweepCase(String op, String text, Map<String, Tensor> inputs) {
    private static final List<Overload> OVERLOADS = Operators.all().declarations().stream()
            .flatMap(declaration -> declaration.overloads().stream())
            .filter(overload -> overload.schema().parameters().stream()
                    .noneMatch(parameter -> parameter.type() == Parameter.Kind.FUNCTION))
            .toList();
    private static final long[][] SHAPES = {
        {},
        {1},
        {3},
        {0},
        {2, 3},
        {3, 3},
        {0, 3},
        {3, 0},
        {1, 1},
        {2, 3, 4},
        {2, 3, 3},
        {0, 2, 2},
        {1, 2, 4, 4},
        {1, 1, 5, 5, 5},
        {2, 1, 0, 3}
    };
    private static final String[] INTS = {
        "0", "1", "-1", "2", "3", "-2", "-3", "7", "64", "2147483648", "9223372036854775807", "-9223372036854775808"
    };
    private static final String[] FLOATS = {"0.0", "1.0", "-1.0", "0.5", "2.0", "1e300", "nan", "inf"};
    private static final String[] TEXTS = {
        "", "mean", "sum", "none", "tanh", "ij,jk->ik", "ii", "…", "bilinear", "floor", "reduced", "ortho"
    };

    /** What the elements of one input are. */
    private enum Fill {
        SMALL,
        ONES,
        ZEROS,
        INDICES,
        NON_FINITE,
        HUGE
    }

    static SweepCase of(long seed, long number) {
        return new Maker(new SplittableRandom(seed * 1_000_003 + number)).make();
    }

    private static final class Maker {
        private final SplittableRandom random;
        private final Map<String, Tensor> inputs = new LinkedHashMap<>();
        private final List<String> differentiable = new ArrayList<>();
        private final StringBuilder views = new StringBuilder();
        /** Tensors of one case mostly agree in dtype, and often in shape, or nothing would run. */
        private final DType dtype;

        private final long[] shape;

        Maker(SplittableRandom random) {
            this.random = random;
            dtype = random.nextInt(2) == 0 ? DType.FLOAT32 : pick(DType.values());
            shape = pick(SHAPES);
        }

        SweepCase make() {
            Overload overload = OVERLOADS.get(random.nextInt(OVERLOADS.size()));
            List<String> args = new ArrayList<>();
            for (Parameter parameter : overload.schema().parameters()) {
                boolean optional = parameter.defaultValue() != null;
                if (!optional || random.nextInt(3) == 0) {
                    String value = random.nextInt(20) == 0 ? anything() : fitting(parameter);
                    args.add((optional || parameter.keywordOnly() ? parameter.name() + "=" : "") + value);
                }
            }
            String key = overload.schema().key();
            String call = "n = " + key + "(" + String.join(", ", args) + ")\n";
            return new SweepCase(key, header() + views + call + end(), Map.copyOf(inputs));
        }

        private String header() {
            return inputs.entrySet().stream()
                    .map(input -> input.getKey() + ": " + input.getValue().type()
                            + (differentiable.contains(input.getKey()) ? " requires_grad\n" : "\n"))
                    .collect(Collectors.joining());
        }

        private String end() {
            if (differentiable.isEmpty() || random.nextBoolean()) {
                return "return n";
            }
            return "c = sum(n)\ns = real(c)\ng = grad([s], [" + String.join(", ", differentiable) + "])\nreturn n, g";
        }

        private String fitting(Parameter parameter) {
            if (parameter.list()) {
                int length =
                        parameter.listSize() > 0 && random.nextInt(4) > 0 ? parameter.listSize() : random.nextInt(4);
                return IntStream.range(0, length)
                        .mapToObj(_ -> item(parameter.type()))
                        .collect(Collectors.joining(", ", "[", "]"));
            }
            return item(parameter.type());
        }

        private String item(Parameter.Kind kind) {
            return switch (kind) {
                case TENSOR -> tensor();
                case SCALAR -> random.nextBoolean() ? pick(INTS) : pick(FLOATS);
                case FLOAT -> pick(FLOATS);
                case INT, GENERATOR -> INTS[random.nextInt(random.nextInt(5) > 0 ? 7 : INTS.length)];
                case BOOL -> random.nextBoolean() ? "True" : "False";
                case STR, LAYOUT, DEVICE, MEMORY_FORMAT -> '"' + pick(TEXTS) + '"';
                case DTYPE -> "torch." + pick(DType.values()).label();
                case DATA -> "tensor(int64[2], [0, 1])";
                case FUNCTION -> "None";
            };
        }

        private String anything() {
            return switch (random.nextInt(6)) {
                case 0 -> "None";
                case 1 -> pick(INTS);
                case 2 -> pick(FLOATS);
                case 3 -> "[" + tensor() + "]";
                case 4 -> "\"x\"";
                default -> tensor();
            };
        }

        private <T> T pick(T[] choices) {
            return choices[random.nextInt(choices.length)];
        }

        /** A new input, or a view of one whose elements do not lie one after the other. */
        private String tensor() {
            String name = "x" + inputs.size();
            boolean own = random.nextInt(4) == 0;
            DType kind = random.nextInt(4) == 0 ? pick(DType.values()) : dtype;
            Shape dims = Shape.of(own ? pick(SHAPES) : shape);
            inputs.put(name, filled(new TensorType(kind, dims)));
            if (kind.isDifferentiable()) {
                differentiable.add(name);
            }
            if (dims.rank() < 2 || random.nextInt(4) > 0) {
                return name;
            }
            views.append(String.format(Locale.ROOT, "v%s = transpose(%s, 0, -1)%n", name, name));
            return "v" + name;
        }

        private Tensor filled(TensorType type) {
            Fill fill = pick(Fill.values());
            int parts = Math.toIntExact(type.shape().elements()) * (type.dtype().isComplex() ? 2 : 1);
            double[] elements = new double[parts];
            for (int i = 0; i < parts; i++) {
                elements[i] = element(fill, type.dtype());
            }
            return Tensor.of(type.dtype(), type.shape(), elements);
        }

        private double element(Fill fill, DType kind) {
            boolean whole = !kind.isDifferentiable();
            return switch (fill) {
                case SMALL -> whole ? random.nextInt(4) : random.nextDouble(-2, 2);
                case ONES -> 1;
                case ZEROS -> random.nextBoolean() || whole ? 0 : -0.0;
                case INDICES -> random.nextInt(-3, 8);
                case NON_FINITE ->
                    whole
                            ? -1
                            : switch (random.nextInt(4)) {
                                case 0 -> Double.NaN;
                                case 1 -> Double.POSITIVE_INFINITY;
                                case 2 -> Double.NEGATIVE_INFINITY;
                                default -> -0.0;
                            };
                case HUGE -> whole ? Long.MAX_VALUE : 1e38;
            };
        }
    }
}

package dev.gradwire.client;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Prints a tensor as PyTorch does with its default options: 4 digits, lines of 80 characters, more than 1,000 elements
 * summarised by 3 at each end of a dimension.
 */
final class TensorPrinter {
    private static final int DIGITS = 4;
    private static final int LINE = 80;
    private static final int THRESHOLD = 1000;
    private static final int EDGE = 3;
    private static final String BEGIN = "tensor(";

    private final long[] shape;
    private final boolean summarize;
    private final Map<Integer, String> cells = new HashMap<>();
    private final int width;

    private TensorPrinter(TensorData data) {
        shape = data.shape();
        summarize = data.numel() > THRESHOLD;
        int[] shown = shown();
        Column column = column(data, shown);
        for (int i = 0; i < shown.length; i++) {
            cells.put(shown[i], column.texts.get(i));
        }
        width = column.width;
    }

    /** @param suffix what stands behind the numbers besides the element type: {@code grad_fn=<MulBackward0>}; or empty */
    static String print(TensorData data, String suffix) {
        List<String> suffixes = new ArrayList<>();
        boolean empty = data.numel() == 0;
        if (empty && data.shape().length != 1) {
            suffixes.add("size="
                    + Arrays.stream(data.shape()).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", ")")));
        }
        boolean implied = switch (data.dtype()) {
            case FLOAT32 -> true;
            case INT64, BOOL, COMPLEX64 -> !empty;
            default -> false;
        };
        if (!implied) {
            suffixes.add("dtype=torch." + data.dtype().label());
        }
        if (!suffix.isEmpty()) {
            suffixes.add(suffix);
        }
        return join(BEGIN + (empty ? "[]" : new TensorPrinter(data).block(0, 0, BEGIN.length())), suffixes);
    }

    private static String join(String numbers, List<String> suffixes) {
        StringBuilder text = new StringBuilder(numbers);
        int column = numbers.length() - numbers.lastIndexOf('\n') + 1;
        for (String suffix : suffixes) {
            if (column + suffix.length() + 2 > LINE) {
                text.append(",\n").repeat(' ', BEGIN.length()).append(suffix);
                column = BEGIN.length() + suffix.length();
            } else {
                text.append(", ").append(suffix);
                column += suffix.length() + 2;
            }
        }
        return text.append(')').toString();
    }

    private boolean cut(int dim) {
        return summarize && shape[dim] > 2 * EDGE;
    }

    /** Indices along a dimension, −1 for the gap. */
    private int[] indices(int dim) {
        int length = (int) shape[dim];
        return cut(dim)
                ? IntStream.of(0, 1, 2, -1, length - 3, length - 2, length - 1).toArray()
                : IntStream.range(0, length).toArray();
    }

    private int[] shown() {
        IntStream offsets = IntStream.of(0);
        for (int dim = 0; dim < shape.length; dim++) {
            int length = (int) shape[dim];
            int[] indices = indices(dim);
            offsets = offsets.flatMap(
                    offset -> Arrays.stream(indices).filter(i -> i >= 0).map(i -> offset * length + i));
        }
        return offsets.toArray();
    }

    private String cell(int offset) {
        return Objects.requireNonNull(cells.get(offset));
    }

    private String block(int dim, int offset, int indent) {
        if (dim == shape.length) {
            return cell(0);
        }
        if (dim == shape.length - 1) {
            return vector(offset, indent);
        }
        String separator = "," + "\n".repeat(shape.length - dim - 1) + " ".repeat(indent + 1);
        return Arrays.stream(indices(dim))
                .mapToObj(i -> i < 0 ? "..." : block(dim + 1, (offset + i) * (int) shape[dim + 1], indent + 1))
                .collect(Collectors.joining(separator, "[", "]"));
    }

    private String vector(int offset, int indent) {
        List<String> items = Arrays.stream(indices(shape.length - 1))
                .mapToObj(i -> i < 0 ? " ..." : cell(offset + i))
                .toList();
        int perLine = Math.max(1, (LINE - indent) / (width + 2));
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < items.size(); i += perLine) {
            lines.add(String.join(", ", items.subList(i, Math.min(items.size(), i + perLine))));
        }
        return "[" + String.join(",\n" + " ".repeat(indent + 1), lines) + "]";
    }

    /** The elements as text, aligned where they are no wider than the width by which lines are filled. */
    private record Column(List<String> texts, int width) {
        static Column align(List<String> texts, int width) {
            return new Column(
                    texts.stream()
                            .map(text -> " ".repeat(Math.max(0, width - text.length())) + text)
                            .toList(),
                    width);
        }
    }

    private static Column column(TensorData data, int[] shown) {
        DType dtype = data.dtype();
        ByteBuffer bytes = data.bytes();
        if (dtype.isFloating()) {
            return floats(IntStream.of(shown)
                    .mapToDouble(i -> Elements.real(dtype, bytes, i))
                    .toArray());
        }
        if (dtype.isComplex()) {
            return complex(
                    IntStream.of(shown)
                            .mapToDouble(i -> Elements.real(dtype, bytes, 2 * i))
                            .toArray(),
                    IntStream.of(shown)
                            .mapToDouble(i -> Elements.real(dtype, bytes, 2 * i + 1))
                            .toArray());
        }
        List<String> texts = IntStream.of(shown)
                .mapToLong(i -> Elements.integer(dtype, bytes, i))
                .mapToObj(value -> dtype == DType.BOOL ? value == 0 ? "False" : "True" : Long.toString(value))
                .toList();
        return Column.align(texts, texts.stream().mapToInt(String::length).max().orElse(1));
    }

    private static Column complex(double[] realParts, double[] imaginaryParts) {
        Column real = floats(realParts);
        Column imaginary = floats(imaginaryParts);
        List<String> texts = IntStream.range(0, realParts.length)
                .mapToObj(i -> real.texts.get(i)
                        + (imaginary.texts.get(i).strip().startsWith("-") ? "" : "+")
                        + imaginary.texts.get(i).strip() + "j")
                .toList();
        return new Column(texts, real.width + imaginary.width + 1);
    }

    /** The width is that of the finite numbers other than 0. */
    private static Column floats(double[] values) {
        double[] numbers = Arrays.stream(values)
                .filter(value -> Double.isFinite(value) && value != 0)
                .toArray();
        double least = Arrays.stream(numbers).map(Math::abs).min().orElse(1);
        double most = Arrays.stream(numbers).map(Math::abs).max().orElse(1);
        boolean whole = Arrays.stream(numbers).allMatch(value -> value == Math.rint(value));
        boolean scientific = most / least > 1000 || most > 1e8 || least < 1e-4;
        DoubleFunction<String> finite =
                value -> scientific ? scientific(value) : whole ? fixed(value, 0) + "." : fixed(value, DIGITS);
        int width = Arrays.stream(numbers)
                .mapToObj(finite)
                .mapToInt(String::length)
                .max()
                .orElse(1);
        return Column.align(
                Arrays.stream(values)
                        .mapToObj(value -> Double.isFinite(value) ? finite.apply(value) : nonFinite(value))
                        .toList(),
                width);
    }

    private static String nonFinite(double value) {
        return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }

    /** Rounds the exact binary value, half to even, as C's printf does. */
    private static String fixed(double value, int digits) {
        String text = new BigDecimal(Math.abs(value))
                .setScale(digits, RoundingMode.HALF_EVEN)
                .toPlainString();
        return sign(value) + text;
    }

    private static String scientific(double value) {
        BigDecimal rounded = new BigDecimal(Math.abs(value)).round(new MathContext(DIGITS + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        BigDecimal mantissa = rounded.movePointLeft(exponent).setScale(DIGITS, RoundingMode.UNNECESSARY);
        String digits = Integer.toString(Math.abs(exponent));
        String padding = "0".repeat(Math.max(0, 2 - digits.length()));
        return sign(value) + mantissa.toPlainString() + (exponent < 0 ? "e-" : "e+") + padding + digits;
    }

    private static String sign(double value) {
        return Double.compare(value, 0.0) < 0 ? "-" : "";
    }
}

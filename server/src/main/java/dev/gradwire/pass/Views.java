package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** For each value of a graph, of what tensor it is a view, and where its elements stand there. */
final class Views {
    /** Tensors up to this length are looked through for other elements than the first. */
    private static final long MAX_ELEMENTS = 64;

    /** A constant whose elements are all the same: its dtype and its bits as {@link dev.gradwire.kernel.Group.Instruction} has them. */
    record Number(DType dtype, long bits) {
        /** A number argument as an element of a dtype; null for what is no real number. */
        static @Nullable Number of(DType dtype, KernelCall.Argument argument) {
            Number real = switch (argument) {
                case KernelCall.Argument.Int(long value) -> ofInteger(dtype, value);
                case KernelCall.Argument.Bool(boolean value) -> ofInteger(dtype, value ? 1 : 0);
                case KernelCall.Argument.Float(double value) -> ofReal(dtype, value);
                case KernelCall.Argument.Scalar(java.lang.Number value) ->
                    value instanceof Long ? ofInteger(dtype, value.longValue()) : ofReal(dtype, value.doubleValue());
                default -> null;
            };
            return real;
        }

        private static @Nullable Number ofInteger(DType dtype, long value) {
            return dtype.isFloating()
                    ? ofReal(dtype, (double) value)
                    : new Number(dtype, dtype == DType.BOOL && value != 0 ? 1 : value);
        }

        private static @Nullable Number ofReal(DType dtype, double value) {
            return dtype.isFloating() ? of(Tensor.scalar(dtype, value)) : null;
        }

        static @Nullable Number of(Tensor tensor) {
            DType dtype = tensor.type().dtype();
            long elements = tensor.type().shape().elements();
            if (elements == 0 || elements > MAX_ELEMENTS || dtype.isComplex()) {
                return null;
            }
            long first = bits(tensor, 0);
            for (long i = 1; i < elements; i++) {
                if (bits(tensor, i) != first) {
                    return null;
                }
            }
            return new Number(dtype, first);
        }

        private static long bits(Tensor tensor, long index) {
            return tensor.type().dtype().isFloating()
                    ? Double.doubleToRawLongBits(tensor.getDouble(index))
                    : tensor.getLong(index);
        }
    }

    private final @Nullable Value[] roots;
    private final @Nullable Layout[] layouts;
    private final @Nullable Number[] numbers;

    Views(Graph graph) {
        roots = new @Nullable Value[graph.valueCount()];
        layouts = new @Nullable Layout[graph.valueCount()];
        numbers = new @Nullable Number[graph.valueCount()];
    }

    /** What a value is a view of; itself for what is none. */
    Value root(Value value) {
        Value root = roots[value.id()];
        return root == null ? value : root;
    }

    /** Where its elements stand in its root. */
    Layout layout(Value value) {
        Layout layout = layouts[value.id()];
        if (layout == null) {
            layout = Layout.contiguous(value.type().shape());
            layouts[value.id()] = layout;
        }
        return layout;
    }

    /** The number that a root is; null for what is no number. */
    @Nullable
    Number number(Value root) {
        return numbers[root.id()];
    }

    void define(Value view, Value operand, Layout layout) {
        roots[view.id()] = root(operand);
        layouts[view.id()] = layout;
    }

    void number(Value value, Number number) {
        numbers[value.id()] = number;
    }
}

package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Kernels that trust the <i>values</i> of an operand: indices they do not compare with bounds, coordinates they turn
 * into indices, a division that traps. No check of types finds those, and clients choose values freely.
 */
final class ValueGuards {
    /** Beyond every image; still exact in float32 arithmetic. */
    private static final double FAR = 1 << 20;

    private static final long GREATEST_DEGREE = 1 << 16;

    private final TorchBackend backend;
    private final Arguments in;

    private ValueGuards(TorchBackend backend, Arguments in) {
        this.backend = backend;
        this.in = in;
    }

    /** Null when the kernel needs no such care. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        return new ValueGuards(backend, in).find();
    }

    private @Nullable Body find() {
        return switch (in.name()) {
            case "max_pool2d_with_indices_backward" -> indices(7, inner(in.shape(1), 2), OptionalLong.empty());
            case "max_pool3d_with_indices_backward" -> indices(7, inner(in.shape(1), 3), OptionalLong.empty());
            case "adaptive_max_pool2d_backward" -> indices(2, inner(in.shape(1), 2), OptionalLong.empty());
            case "adaptive_max_pool3d_backward" -> indices(2, inner(in.shape(1), 3), OptionalLong.empty());
            case "embedding_dense_backward" -> indices(1, in.integer(2), OptionalLong.of(in.integer(3)));
            case "nll_loss_backward", "nll_loss2d_backward" ->
                indices(2, classes(in.shape(1)), OptionalLong.of(in.integer(5)));
            case "_ctc_loss" -> indices(1, inner(in.shape(0), 1), OptionalLong.empty());
            case "_ctc_loss_backward" -> indices(2, inner(in.shape(1), 1), OptionalLong.empty());
            case "grid_sampler_2d", "grid_sampler_3d" -> coordinates(1);
            case "grid_sampler_2d_backward", "grid_sampler_3d_backward" -> coordinates(2);
            case "div.Tensor_mode" -> truncated();
            case "repeat_interleave.Tensor" -> repeats();
            case "native_layer_norm_backward" -> dense(3, 4);
            default -> in.name().contains("_polynomial_") ? degrees() : LinalgGuards.find(backend, in);
        };
    }

    private static long inner(Shape shape, int dims) {
        long product = 1;
        for (int i = Math.max(0, shape.rank() - dims); i < shape.rank(); i++) {
            product *= shape.dim(i);
        }
        return product;
    }

    /** Scores are [C], [N, C] or [N, C, …]. */
    private static long classes(Shape scores) {
        return scores.rank() == 0 ? 1 : scores.dim(scores.rank() == 1 ? 0 : 1);
    }

    /**
     * Every entry at {@code argument} must lie in {@code [0, bound)} or be {@code ignored}. Some kernels read the entries
     * one behind the other, whatever their strides are: they get them so.
     */
    private Body indices(int argument, long bound, OptionalLong ignored) {
        int operand = in.operand(argument);
        return new Careful(new DispatcherKernel(backend, in), (operands, then) -> {
            if (!areWithin(operands[operand], bound)) {
                for (long index : integers(backend, in.name(), operands[operand])) {
                    if ((index < 0 || index >= bound) && (ignored.isEmpty() || ignored.getAsLong() != index)) {
                        throw new KernelException(
                                in.name() + ": index " + index + " is out of range, there are " + bound);
                    }
                }
            }
            return dense(operands, then, operand);
        });
    }

    /** Whether all lie in {@code [0, bound)}; false where it takes a closer look to tell. */
    private boolean areWithin(TorchTensor tensor, long bound) {
        if (backend.deviceType() != LibTorch.CPU
                || LibTorch.dtype(tensor.handle()) != LibTorch.code(DType.INT64)
                || !tensor.layout().isContiguous()) {
            return false;
        }
        MemorySegment memory = tensor.memory();
        int count = (int) Math.min(Integer.MAX_VALUE, memory.byteSize() / JAVA_LONG.byteSize());
        long signs = 0;
        for (int i = 0; i < count; i++) {
            long index = memory.getAtIndex(JAVA_LONG, i);
            signs |= index | (bound - 1 - index);
        }
        return signs >= 0 && count < Integer.MAX_VALUE;
    }

    /** What is done to the operands of a body before it runs or writes. */
    @FunctionalInterface
    private interface Care {
        TorchTensor[] take(TorchTensor[] operands, UnaryOperator<TorchTensor[]> then);
    }

    private record Careful(Body body, Care care) implements Body {
        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            return care.take(operands, body::run);
        }

        @Override
        public boolean writes() {
            return body.writes();
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            care.take(operands, safe -> {
                body.write(safe, results, lane);
                return results;
            });
        }
    }

    /** The kernel believes that the repeats add up to the size it is told. */
    private Body repeats() {
        int operand = in.operand(0);
        Long wanted = in.integerOrNull(1);
        Body body = new DispatcherKernel(backend, in);
        return operands -> {
            long sum = 0;
            for (long times : integers(backend, in.name(), operands[operand])) {
                if (times < 0) {
                    throw new KernelException(in.name() + ": a repeat is negative: " + times);
                }
                sum = Math.addExact(sum, times);
            }
            if (wanted != null && sum != wanted) {
                throw new KernelException(
                        in.name() + ": the repeats add up to " + sum + ", but output_size is " + wanted);
            }
            return body.run(operands);
        };
    }

    /** Mean and rstd are read one behind the other, whatever their strides are. */
    private Body dense(int first, int second) {
        int a = in.operand(first);
        int b = in.operand(second);
        return new Careful(
                new DispatcherKernel(backend, in),
                (operands, then) -> dense(operands, both -> dense(both, then, b), a));
    }

    private TorchTensor[] dense(TorchTensor[] operands, UnaryOperator<TorchTensor[]> then, int operand) {
        if (operands[operand].layout().isContiguous()) {
            return then.apply(operands);
        }
        TorchTensor[] safe = operands.clone();
        try (TorchTensor dense = backend.adopt(backend.copyOf(operands[operand]))) {
            safe[operand] = dense;
            return then.apply(safe);
        }
    }

    /** Integers on the host. */
    static long[] integers(TorchBackend backend, String kernel, TorchTensor tensor) {
        Shape shape = tensor.layout().shape();
        int count = Math.toIntExact(shape.elements());
        int code = LibTorch.dtype(tensor.handle());
        if (code != LibTorch.code(DType.INT64) && code != LibTorch.code(DType.INT32)) {
            throw new KernelException(kernel + ": indices must be int32 or int64");
        }
        DType dtype = code == LibTorch.code(DType.INT64) ? DType.INT64 : DType.INT32;
        MemorySegment values =
                dtype == DType.INT64 ? MemorySegment.ofArray(new long[count]) : MemorySegment.ofArray(new int[count]);
        backend.download(tensor, new TensorType(dtype, shape), values);
        long[] integers = new long[count];
        for (int i = 0; i < count; i++) {
            integers[i] = dtype == DType.INT64 ? values.getAtIndex(JAVA_LONG, i) : values.getAtIndex(JAVA_INT, i);
        }
        return integers;
    }

    /** The kernels step from degree to degree, so that a degree is a time. */
    private Body degrees() {
        int degree = in.operand(1);
        TensorType type = in.type(1);
        Body isGreat = call("gt.Scalar", List.of(type), new Argument.Operand(0), new Argument.Scalar(GREATEST_DEGREE));
        Body any = call("any", List.of(type.withDtype(DType.BOOL)), new Argument.Operand(0));
        Body body = new DispatcherKernel(backend, in);
        return operands -> {
            try (TorchTensor great = isGreat.run(new TorchTensor[] {operands[degree]})[0];
                    TorchTensor verdict = any.run(new TorchTensor[] {great})[0]) {
                byte[] refused = new byte[1];
                backend.download(verdict, TensorType.of(DType.BOOL), MemorySegment.ofArray(refused));
                if (refused[0] != 0) {
                    throw new KernelException(in.name() + ": no degree may be greater than " + GREATEST_DEGREE);
                }
            }
            return body.run(operands);
        };
    }

    /** NaN and what is far outside become a place far outside. */
    private Body coordinates(int argument) {
        int grid = in.operand(argument);
        TensorType type = in.type(argument);
        Body finite = call(
                "nan_to_num",
                List.of(type),
                new Argument.Operand(0),
                new Argument.Optional(new Argument.Float(-FAR)),
                new Argument.Optional(new Argument.Float(FAR)),
                new Argument.Optional(new Argument.Float(-FAR)));
        Body near = call(
                "clamp",
                List.of(type),
                new Argument.Operand(0),
                new Argument.Optional(new Argument.Scalar(-FAR)),
                new Argument.Optional(new Argument.Scalar(FAR)));
        Body body = new DispatcherKernel(backend, in);
        return operands -> {
            TorchTensor[] safe = operands.clone();
            try (TorchTensor numbers = finite.run(new TorchTensor[] {operands[grid]})[0];
                    TorchTensor clamped = near.run(new TorchTensor[] {numbers})[0]) {
                safe[grid] = clamped;
                return body.run(safe);
            }
        };
    }

    /**
     * The smallest integer divided by −1 traps on x86 when the quotient is truncated: {@code a / b = −a} where
     * {@code b = −1}, and elsewhere the quotient by a divisor without any −1. Null for other divisions.
     */
    private @Nullable Body truncated() {
        DType dtype = DType.promote(in.type(0).dtype(), in.type(1).dtype());
        if (!(in.get(2) instanceof Argument.Text mode && mode.value().equals("trunc"))
                || dtype != DType.INT64 && dtype != DType.INT32) {
            return null;
        }
        int a = in.operand(0);
        int b = in.operand(1);
        TensorType left = in.type(0);
        TensorType right = in.type(1);
        Argument zero = new Argument.Operand(0);
        Argument one = new Argument.Operand(1);
        Argument two = new Argument.Operand(2);
        TensorType isMinusOneType = right.withDtype(DType.BOOL);
        Body isMinusOne = call("eq.Scalar", List.of(right), zero, new Argument.Scalar(-1L));
        Body fill = call("masked_fill.Scalar", List.of(right, isMinusOneType), zero, one, new Argument.Scalar(1L));
        Body negate = call("neg", List.of(left), zero);
        Body where = call("where.self", List.of(isMinusOneType, left, left), zero, one, two);
        Body divide = new DispatcherKernel(backend, in);
        return operands -> {
            TorchTensor[] safe = operands.clone();
            try (TorchTensor mask = isMinusOne.run(new TorchTensor[] {operands[b]})[0];
                    TorchTensor divisor = fill.run(new TorchTensor[] {operands[b], mask})[0];
                    TorchTensor negative = negate.run(new TorchTensor[] {operands[a]})[0]) {
                // If both are one operand, 1 / 1 stands for −1 / −1 and is not taken anyway.
                safe[b] = divisor;
                try (TorchTensor quotient = divide.run(safe)[0]) {
                    return where.run(new TorchTensor[] {mask, negative, quotient});
                }
            }
        };
    }

    private Body call(String name, List<TensorType> operands, Argument... arguments) {
        return backend.body(new KernelCall(name, List.of(arguments), operands, List.of()));
    }
}

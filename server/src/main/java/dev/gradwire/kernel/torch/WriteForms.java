package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How kernels write their results where the library has no overload for it, but does it by another operator. */
final class WriteForms {
    private static final FunctionDescriptor FILL = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_DOUBLE);

    /** Integers beyond have neighbours that no double tells apart. */
    private static final long EXACT = 1L << 53;

    private WriteForms() {}

    @FunctionalInterface
    private interface Writer {
        void write(TorchTensor[] operands, TorchTensor[] results, Lane lane);
    }

    private record Both(Body body, Writer writer) implements Body {
        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            return body.run(operands);
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            writer.write(operands, results, lane);
        }
    }

    /** The body with a form that writes, where there is one. */
    static Body of(TorchBackend backend, Arguments in, Body body) {
        if (body.writes()) {
            return body;
        }
        @Nullable
        Writer writer = switch (in.name()) {
            case "clone", "to.dtype", "_to_copy" -> copy(in);
            case "full" -> fill(backend, in, in.number(1));
            case "full_like", "fill.Scalar" -> fill(backend, in, in.number(1));
            case "scalar_tensor" -> fill(backend, in, in.number(0));
            case "zeros", "zeros_like" -> fill(backend, in, 0L);
            case "ones", "ones_like" -> fill(backend, in, 1L);
            case "embedding" -> embedding(backend, in);
            default -> null;
        };
        return writer == null ? body : new Both(body, writer);
    }

    private static Writer copy(Arguments in) {
        int source = in.operand(0);
        return (operands, results, lane) -> LibTorch.copy(results[0].handle(), operands[source].handle());
    }

    private static @Nullable Writer fill(TorchBackend backend, Arguments in, Number value) {
        @Nullable MethodHandle function = backend.shim("fill__Scalar", FILL);
        if (function == null || HostValues.isInteger(value) && Math.abs(value.longValue()) > EXACT) {
            return null;
        }
        double number = value.doubleValue();
        return (operands, results, lane) -> {
            try {
                Native.check((int) function.invokeExact(results[0].handle(), number), in.name());
            } catch (Throwable e) {
                throw Native.failed(e);
            }
        };
    }

    /** embedding(weight, indices) = index_select(weight, 0, indices in a row), in another shape */
    private static @Nullable Writer embedding(TorchBackend backend, Arguments in) {
        TensorType weight = in.type(0);
        TensorType indices = in.type(1);
        boolean integers = indices.dtype() == DType.INT64 || indices.dtype() == DType.INT32;
        if (weight.rank() != 2 || !integers) {
            return null;
        }
        long count = indices.shape().elements();
        Shape row = Shape.of(count);
        Layout rows = Layout.contiguous(Shape.of(count, weight.shape().dim(1)));
        Body select = backend.body(new KernelCall(
                "index_select",
                List.of(new Argument.Operand(0), new Argument.Int(0), new Argument.Operand(1)),
                List.of(weight, indices.withShape(row)),
                List.of(weight.withShape(rows.shape()))));
        int weightAt = in.operand(0);
        int indicesAt = in.operand(1);
        return (operands, results, lane) -> {
            try (TorchTensor inOrder = backend.adopt(backend.contiguous(operands[indicesAt]));
                    TorchTensor inRow = backend.adopt(LibTorch.reinterpret(inOrder.handle(), Layout.contiguous(row)));
                    TorchTensor out = backend.adopt(LibTorch.reinterpret(results[0].handle(), rows))) {
                select.write(new TorchTensor[] {operands[weightAt], inRow}, new TorchTensor[] {out}, lane);
            }
        };
    }
}

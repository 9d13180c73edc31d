package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kernels by the library's typed functions: those with numbers that no overload takes as a tensor. */
final class ShimKernels {
    private static final FunctionDescriptor TENSORS_2_DOUBLE =
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, JAVA_LONG);
    private static final FunctionDescriptor TENSOR_DOUBLE =
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_DOUBLE, JAVA_LONG);
    private static final FunctionDescriptor TENSORS_3_DOUBLES_2 =
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_LONG);
    private static final FunctionDescriptor TENSORS_3_DOUBLES_2_INT = FunctionDescriptor.of(
            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_INT, JAVA_LONG);

    private static final MemorySegment CONSTANT = Arena.global().allocateFrom("constant");

    private final TorchBackend backend;

    ShimKernels(TorchBackend backend) {
        this.backend = backend;
    }

    /** Null when the kernel is none of these. */
    @Nullable
    Body find(Arguments in) {
        return switch (in.name()) {
            case "add.Tensor" -> sum(in, in.operand(0), in.operand(1), in.number(2));
            case "sub.Tensor" -> sum(in, in.operand(0), in.operand(1), negate(in.number(2)));
            case "rsub.Tensor" -> sum(in, in.operand(1), in.operand(0), negate(in.number(2)));
            case "pow.Tensor_Scalar" -> power(in);
            case "addcmul", "addcdiv" ->
                foreach(in.name(), in, in.operand(0), in.operand(1), in.operand(2), in.number(3));
            case "addmv", "addbmm" -> product(in);
            case "_addmm_activation" -> activation(in);
            case "constant_pad_nd" -> pad(in);
            default -> null;
        };
    }

    private static Number negate(Number value) {
        return HostValues.isInteger(value) ? (Number) (-value.longValue()) : (Number) (-value.doubleValue());
    }

    /** {@code a + alpha · b}. The typed function refuses integers, as it passes alpha as a floating number. */
    private Body sum(Arguments in, int a, int b, Number alpha) {
        DType dtype = DType.promote(
                in.call().operands().get(a).dtype(), in.call().operands().get(b).dtype());
        @Nullable MethodHandle add = backend.shim("add_Tensor", TENSORS_2_DOUBLE);
        if (dtype.isDifferentiable() && add != null) {
            double factor = alpha.doubleValue();
            return operands -> one(call(
                    in.name(), out -> (int) add.invokeExact(operands[a].handle(), operands[b].handle(), factor, out)));
        }
        if (dtype == DType.BOOL) {
            return logicalOr(in, a, b, alpha);
        }
        return foreachWithOne(in, a, b, alpha);
    }

    private Body logicalOr(Arguments in, int a, int b, Number alpha) {
        if (alpha.doubleValue() == 0 || !in.name().equals("add.Tensor")) {
            throw new KernelException(in.name() + " is not defined for bool");
        }
        return backend.body(new KernelCall(
                "logical_or",
                List.of(new Argument.Operand(a), new Argument.Operand(b)),
                in.call().operands(),
                in.call().results()));
    }

    /** {@code a + alpha · b · 1}: the one road on which an integer alpha reaches the library. */
    private Body foreachWithOne(Arguments in, int a, int b, Number alpha) {
        Tensor one = HostValues.scalar(in.call().operands().get(b).dtype(), 1L);
        List<TensorType> types = new ArrayList<>(in.call().operands());
        types.add(one.type());
        Arguments extended = new Arguments(
                new KernelCall(
                        in.name(), in.call().arguments(), types, in.call().results()),
                in.schema());
        Body body = foreach("addcmul", extended, a, b, types.size() - 1, alpha);
        return operands -> {
            TorchTensor[] all = java.util.Arrays.copyOf(operands, operands.length + 1);
            try (TorchTensor made = backend.hostScalar(one)) {
                all[operands.length] = made;
                return body.run(all);
            }
        };
    }

    /** addcmul and addcdiv by their list forms, which take the number as a tensor on the host. */
    private Body foreach(String name, Arguments in, int self, int first, int second, Number value) {
        List<TensorType> types = new ArrayList<>(in.call().operands());
        Tensor number = HostValues.isInteger(value)
                ? HostValues.scalar(DType.INT64, value)
                : HostValues.scalar(DType.FLOAT64, value);
        Layout spread = new Layout(new long[] {1}, new long[] {1}, 0);
        types.add(number.type().withShape(spread.shape()));
        List<Argument> arguments = List.of(
                new Argument.Operands(List.of(self)),
                new Argument.Operands(List.of(first)),
                new Argument.Operands(List.of(second)),
                new Argument.Operand(types.size() - 1));
        Body body = backend.body(new KernelCall(
                "_foreach_" + name + ".Tensor", arguments, types, in.call().results()));
        return operands -> {
            TorchTensor[] all = java.util.Arrays.copyOf(operands, operands.length + 1);
            try (TorchTensor made = backend.hostScalar(number);
                    TorchTensor list = backend.adopt(LibTorch.reinterpret(made.handle(), spread))) {
                all[operands.length] = list;
                return body.run(all);
            }
        };
    }

    /** Null for integers, whose powers must not pass through floating numbers. */
    private @Nullable Body power(Arguments in) {
        @Nullable MethodHandle pow = backend.shim("pow_Tensor_Scalar", TENSOR_DOUBLE);
        if (!in.type(0).dtype().isDifferentiable() || pow == null) {
            return null;
        }
        int self = in.operand(0);
        double exponent = in.number(1).doubleValue();
        return operands -> one(call(in.name(), out -> (int) pow.invokeExact(operands[self].handle(), exponent, out)));
    }

    private Body product(Arguments in) {
        MethodHandle function = shim(in, in.name(), TENSORS_3_DOUBLES_2);
        int self = in.operand(0);
        int left = in.operand(1);
        int right = in.operand(2);
        double beta = in.number(3).doubleValue();
        double alpha = in.number(4).doubleValue();
        return operands -> one(call(in.name(), out -> (int) function.invokeExact(
                operands[self].handle(), operands[left].handle(), operands[right].handle(), beta, alpha, out)));
    }

    private Body activation(Arguments in) {
        MethodHandle function = shim(in, in.name(), TENSORS_3_DOUBLES_2_INT);
        int self = in.operand(0);
        int left = in.operand(1);
        int right = in.operand(2);
        double beta = in.number(3).doubleValue();
        double alpha = in.number(4).doubleValue();
        int useGelu = in.bool(5) ? 1 : 0;
        return operands -> one(call(in.name(), out -> (int) function.invokeExact(
                operands[self].handle(),
                operands[left].handle(),
                operands[right].handle(),
                beta,
                alpha,
                useGelu,
                out)));
    }

    private Body pad(Arguments in) {
        Number value = in.number(2);
        if (HostValues.isInteger(value) && (long) value.doubleValue() != value.longValue()) {
            throw new KernelException("constant_pad_nd: " + value + " passes through a float64 and does not fit it");
        }
        long[] pads = in.integers(1);
        // Held by the kernel, and so alive while it runs.
        MemorySegment memory = Arena.ofAuto().allocate(JAVA_LONG, pads.length + 1L);
        MemorySegment.copy(pads, 0, memory, JAVA_LONG, 0, pads.length);
        long valueAt = pads.length * JAVA_LONG.byteSize();
        memory.set(JAVA_DOUBLE, valueAt, value.doubleValue());
        int self = in.operand(0);
        return operands -> one(LibTorch.pad(
                operands[self].handle(),
                memory.address(),
                pads.length,
                CONSTANT.address(),
                memory.address() + valueAt));
    }

    private MethodHandle shim(Arguments in, String symbol, FunctionDescriptor descriptor) {
        @Nullable MethodHandle function = backend.shim(symbol, descriptor);
        if (function == null) {
            throw new KernelException("libtorch: there is no kernel " + in.name());
        }
        return function;
    }

    @FunctionalInterface
    private interface ShimCall {
        /** Puts a handle at the address {@code out} and returns a status. */
        int invoke(long out) throws Throwable;
    }

    private static long call(String name, ShimCall call) {
        Scratch scratch = Scratch.get();
        try {
            Native.check(call.invoke(scratch.out()), name);
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    private TorchTensor[] one(long handle) {
        return new TorchTensor[] {backend.adopt(handle)};
    }
}

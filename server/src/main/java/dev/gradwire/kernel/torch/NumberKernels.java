package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kernels with a parameter of type {@code Scalar}, which the dispatcher does not take: the same computation by an
 * overload that takes a 0-dim tensor instead.
 */
final class NumberKernels {
    /** Overloads that differ in nothing but a tensor in the number's place. */
    private static final Map<String, String> WITH_TENSOR = Map.ofEntries(
            Map.entry("add.Scalar", "add.Tensor"),
            Map.entry("sub.Scalar", "sub.Tensor"),
            Map.entry("rsub.Scalar", "rsub.Tensor"),
            Map.entry("mul.Scalar", "mul.Tensor"),
            Map.entry("div.Scalar", "div.Tensor"),
            Map.entry("div.Scalar_mode", "div.Tensor_mode"),
            Map.entry("remainder.Scalar", "remainder.Tensor"),
            Map.entry("fmod.Scalar", "fmod.Tensor"),
            Map.entry("pow.Tensor_Scalar", "pow.Tensor_Tensor"),
            Map.entry("pow.Scalar", "pow.Tensor_Tensor"),
            Map.entry("xlogy.Scalar_Other", "xlogy.Tensor"),
            Map.entry("xlogy.Scalar_Self", "xlogy.Tensor"),
            Map.entry("copysign.Scalar", "copysign.Tensor"),
            Map.entry("eq.Scalar", "eq.Tensor"),
            Map.entry("ne.Scalar", "ne.Tensor"),
            Map.entry("lt.Scalar", "lt.Tensor"),
            Map.entry("le.Scalar", "le.Tensor"),
            Map.entry("gt.Scalar", "gt.Tensor"),
            Map.entry("ge.Scalar", "ge.Tensor"),
            Map.entry("bitwise_and.Scalar", "bitwise_and.Tensor"),
            Map.entry("bitwise_or.Scalar", "bitwise_or.Tensor"),
            Map.entry("bitwise_xor.Scalar", "bitwise_xor.Tensor"),
            Map.entry("bitwise_left_shift.Tensor_Scalar", "bitwise_left_shift.Tensor"),
            Map.entry("bitwise_right_shift.Tensor_Scalar", "bitwise_right_shift.Tensor"),
            Map.entry("clamp", "clamp.Tensor"),
            Map.entry("clamp_min", "clamp_min.Tensor"),
            Map.entry("clamp_max", "clamp_max.Tensor"),
            Map.entry("masked_fill.Scalar", "masked_fill.Tensor"),
            Map.entry("index_fill.int_Scalar", "index_fill.int_Tensor"),
            Map.entry("lerp.Scalar", "lerp.Tensor"),
            Map.entry("where.ScalarSelf", "where.self"),
            Map.entry("where.ScalarOther", "where.self"),
            Map.entry("where.Scalar", "where.self"),
            Map.entry("scatter.value", "scatter.src"));

    private static final Map<String, String> BY_BIAS =
            Map.of("var.correction", "var.dim", "std.correction", "std.dim", "var_mean.correction", "var_mean.dim");

    private NumberKernels() {}

    /** Null when the kernel is none of these. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        @Nullable String other = WITH_TENSOR.get(in.name());
        if (other != null) {
            return withTensor(backend, in, other);
        }
        @Nullable String byBias = BY_BIAS.get(in.name());
        if (byBias != null && in.get(2) != null) {
            return byBias(backend, in, byBias);
        }
        return in.name().equals("index_add") ? indexAdd(backend, in) : null;
    }

    private static Body withTensor(TorchBackend backend, Arguments in, String target) {
        List<Argument> arguments = new ArrayList<>(in.call().arguments());
        List<TensorType> operands = new ArrayList<>(in.call().operands());
        List<Constant> constants = new ArrayList<>();
        DType dtype = dtypeBesideNumber(in);
        // Of add and its kin only the second parameter is taken; alpha stays what it is.
        int end = in.name().startsWith("add.") || in.name().contains("sub.") ? 2 : arguments.size();
        for (int i = 0; i < end; i++) {
            if (in.isNumber(i)) {
                Number number = in.number(i);
                DType meeting = takesDtypeOfSelf(in.name()) ? dtype : HostValues.meeting(dtype, number);
                Constant constant = constant(in, HostValues.scalar(meeting, number));
                Argument operand = new Argument.Operand(operands.size());
                arguments.set(
                        i, arguments.get(i) instanceof Argument.Optional ? new Argument.Optional(operand) : operand);
                operands.add(constant.type());
                constants.add(constant);
            }
        }
        KernelCall call = new KernelCall(target, arguments, operands, in.call().results());
        return new WithConstants(backend, List.copyOf(constants), backend.body(call));
    }

    /** The source of a scatter has the shape of its index; elsewhere a 0-dim tensor broadcasts. */
    private static Constant constant(Arguments in, Tensor value) {
        if (!in.name().equals("scatter.value")) {
            return new Constant(value, null);
        }
        long[] sizes = in.shape(2).dims();
        return new Constant(value, new Layout(sizes, new long[sizes.length], 0));
    }

    /** @param spread a layout over the one element, if it is to be seen as more than a 0-dim tensor */
    private record Constant(Tensor value, @Nullable Layout spread) {
        TensorType type() {
            return spread == null ? value.type() : value.type().withShape(spread.shape());
        }

        TorchTensor make(TorchBackend backend) {
            TorchTensor made = backend.hostScalar(value);
            if (spread == null) {
                return made;
            }
            try (TorchTensor element = spread.rank() == 0 ? made : onDevice(backend, made)) {
                return backend.adopt(LibTorch.reinterpret(element.handle(), spread));
            }
        }

        /** Only 0-dim tensors may be on another device than the rest. */
        private TorchTensor onDevice(TorchBackend backend, TorchTensor made) {
            made.close();
            return backend.upload(value);
        }
    }

    /** A body that takes further operands, made anew for each call. */
    private record WithConstants(TorchBackend backend, List<Constant> values, Body body) implements Body {
        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            TorchTensor[] all = extended(operands);
            try {
                return body.run(all);
            } finally {
                close(all);
            }
        }

        @Override
        public boolean writes() {
            return body.writes();
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            TorchTensor[] all = extended(operands);
            try {
                body.write(all, results, lane);
            } finally {
                close(all);
            }
        }

        private TorchTensor[] extended(TorchTensor[] operands) {
            TorchTensor[] all = Arrays.copyOf(operands, operands.length + values.size());
            int made = operands.length;
            try {
                for (Constant value : values) {
                    all[made] = value.make(backend);
                    made++;
                }
                return all;
            } catch (RuntimeException e) {
                for (int i = operands.length; i < made; i++) {
                    all[i].close();
                }
                throw e;
            }
        }

        private void close(TorchTensor[] all) {
            for (int i = all.length - values.size(); i < all.length; i++) {
                all[i].close();
            }
        }
    }

    private static boolean takesDtypeOfSelf(String name) {
        return switch (name) {
            case "masked_fill.Scalar", "index_fill.int_Scalar", "scatter.value" -> true;
            default -> false;
        };
    }

    private static DType dtypeBesideNumber(Arguments in) {
        boolean hasCondition = in.name().startsWith("where.");
        for (int i = hasCondition ? 1 : 0; i < in.call().arguments().size(); i++) {
            if (in.get(i) instanceof Argument.Operand) {
                return in.type(i).dtype();
            }
        }
        return in.call().results().isEmpty()
                ? DType.DEFAULT_FLOATING
                : in.call().results().getFirst().dtype();
    }

    /** A correction of 0 or 1 is what the older overload calls biased or unbiased. */
    private static Body byBias(TorchBackend backend, Arguments in, String target) {
        double correction = in.number(2).doubleValue();
        if (correction != 0 && correction != 1) {
            throw new KernelException(in.name() + ": the library takes a correction of 0 or 1 alone");
        }
        List<Argument> arguments = List.of(
                in.call().arguments().get(0),
                in.call().arguments().get(1),
                new Argument.Bool(correction == 1),
                in.call().arguments().get(3));
        return backend.body(new KernelCall(
                target, arguments, in.call().operands(), in.call().results()));
    }

    /** index_add(self, dim, index, source) = index_put(self, [:, …, index], source, accumulate) */
    private static Body indexAdd(TorchBackend backend, Arguments in) {
        if (in.number(4).doubleValue() != 1) {
            throw new KernelException("index_add: the library takes an alpha of 1 alone");
        }
        int dim = Layouts.dim(in.integer(1), Math.max(1, in.shape(0).rank()));
        if (in.shape(0).rank() == 0 || in.shape(2).rank() != 1) {
            throw new KernelException("index_add: takes a self of rank 1 or more and an index of rank 1");
        }
        if (!in.shape(3).equals(in.shape(0).withDim(dim, in.shape(2).dim(0)))) {
            throw new KernelException("index_add: the source must have one slice for each index");
        }
        List<Integer> indices = new ArrayList<>(java.util.Collections.nCopies(dim, -1));
        indices.add(in.operand(2));
        List<Argument> arguments = List.of(
                in.call().arguments().get(0),
                new Argument.Operands(indices),
                in.call().arguments().get(3),
                new Argument.Bool(true));
        return backend.body(new KernelCall(
                "index_put", arguments, in.call().operands(), in.call().results()));
    }
}

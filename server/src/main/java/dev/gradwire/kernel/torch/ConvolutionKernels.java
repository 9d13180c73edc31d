package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Large convolutions on the CPU, cut along the batch. The parts' cotangents of weight and bias are added in their order,
 * so that these too have the same bits however many threads there are; those of the library's own threads have not.
 */
final class ConvolutionKernels {
    private final TorchBackend backend;
    private final Body body;
    private final int parts;
    private final long batch;

    private ConvolutionKernels(TorchBackend backend, Arguments in, int parts) {
        this.backend = backend;
        this.parts = parts;
        body = new DispatcherKernel(backend, in);
        batch = in.shape(0).dim(0);
    }

    /** Null when the kernel is none of these, or small. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        boolean forward = in.name().equals("convolution");
        if (!forward && !in.name().equals("convolution_backward") || backend.deviceType() != LibTorch.CPU) {
            return null;
        }
        List<TensorType> results = in.call().results();
        Shape weight = in.shape(forward ? 1 : 2);
        boolean isBatch = in.shape(0).rank() == weight.rank() && weight.rank() > 2 && weight.elements() > 0;
        if (results.isEmpty() || !isBatch || !in.type(0).dtype().isFloating()) {
            return null;
        }
        Shape made = forward ? results.getFirst().shape() : in.shape(0);
        double flops = 2.0 * made.elements() * weight.elements() / weight.dim(0);
        int parts = (int) Math.min(Parts.of(flops), made.dim(0));
        if (parts < 2 || !forward && !in.shape(1).withDim(0, made.dim(0)).equals(in.shape(1))) {
            return null;
        }
        ConvolutionKernels kernels = new ConvolutionKernels(backend, in, parts);
        return forward ? kernels.new Forward(in.operand(0), results) : kernels.new Back(in, results);
    }

    private long start(int part) {
        return batch * part / parts;
    }

    /** A part of the batch. */
    private TorchTensor slice(TorchTensor tensor, int part) {
        Layout layout = tensor.layout();
        long[] sizes = layout.sizesCopy();
        sizes[0] = start(part + 1) - start(part);
        return backend.adopt(LibTorch.reinterpret(
                tensor.handle(), new Layout(sizes, layout.stridesCopy(), start(part) * layout.stride(0))));
    }

    private void copyTo(TorchTensor target, int part, TorchTensor made) {
        try (TorchTensor place = slice(target, part)) {
            LibTorch.copy(place.handle(), made.handle());
        }
    }

    private TorchTensor[] made(List<TensorType> types, Consumer<TorchTensor[]> write) {
        TorchTensor[] results = new TorchTensor[types.size()];
        int count = 0;
        try {
            for (TensorType type : types) {
                Layout layout = Layout.contiguous(type.shape());
                results[count] = backend.adopt(backend.empty(layout, LibTorch.code(type.dtype())));
                count++;
            }
            write.accept(results);
            return results;
        } catch (RuntimeException e) {
            close(Arrays.copyOf(results, count));
            throw e;
        }
    }

    private static void close(@Nullable TorchTensor[] tensors) {
        for (TorchTensor tensor : tensors) {
            if (tensor != null) {
                tensor.close();
            }
        }
    }

    private final class Forward implements Body {
        private final int input;
        private final List<TensorType> types;

        Forward(int input, List<TensorType> types) {
            this.input = input;
            this.types = types;
        }

        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            return made(types, results -> write(operands, results, Lane.ALONE));
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            lane.split(parts, part -> {
                lane.poll();
                TorchTensor[] some = operands.clone();
                try (TorchTensor slice = slice(operands[input], part)) {
                    some[input] = slice;
                    TorchTensor[] made = body.run(some);
                    try {
                        copyTo(results[0], part, made[0]);
                    } finally {
                        close(made);
                    }
                }
            });
        }
    }

    private final class Back implements Body {
        private final int grad;
        private final int input;
        private final boolean toInput;
        private final List<TensorType> types;
        private final Body add;

        Back(Arguments in, List<TensorType> types) {
            grad = in.operand(0);
            input = in.operand(1);
            this.types = types;
            toInput =
                    ((Argument.Bools) in.call().arguments().getLast()).values().getFirst();
            add = backend.body(new KernelCall(
                    "add.Tensor",
                    List.of(new Argument.Operand(0), new Argument.Operand(1), new Argument.Scalar(1L)),
                    List.of(types.get(1), types.get(1)),
                    List.of(types.get(1))));
        }

        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            return made(types, results -> write(operands, results, Lane.ALONE));
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            TorchTensor[][] made = new TorchTensor[parts][];
            try {
                lane.split(parts, part -> {
                    lane.poll();
                    made[part] = part(operands, results[0], part);
                });
                for (int i = 1; i < results.length; i++) {
                    sum(made, i, results[i]);
                }
            } finally {
                for (TorchTensor[] tensors : made) {
                    if (tensors != null) {
                        close(tensors);
                    }
                }
            }
        }

        private TorchTensor[] part(TorchTensor[] operands, TorchTensor cotangent, int part) {
            TorchTensor[] some = operands.clone();
            try (TorchTensor gradSlice = slice(operands[grad], part);
                    TorchTensor inputSlice = slice(operands[input], part)) {
                some[grad] = gradSlice;
                some[input] = inputSlice;
                TorchTensor[] made = body.run(some);
                if (toInput) {
                    copyTo(cotangent, part, made[0]);
                }
                return made;
            }
        }

        private void sum(TorchTensor[][] made, int result, TorchTensor target) {
            TorchTensor sum = made[0][result];
            for (int part = 1; part < parts; part++) {
                TorchTensor next = add.run(new TorchTensor[] {sum, made[part][result]})[0];
                sum.close();
                made[0][result] = next;
                sum = next;
            }
            LibTorch.copy(target.handle(), sum.handle());
        }
    }
}

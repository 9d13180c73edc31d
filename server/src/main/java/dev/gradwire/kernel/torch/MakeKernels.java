package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tensors made from the numbers of a call. Their dtype is the one asked for, else that of the expected result. */
final class MakeKernels {
    private static final long KEPT_ELEMENTS = 1024;

    private MakeKernels() {}

    /** Null when the kernel is none of these. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        return switch (in.name()) {
            case "full" -> filled(backend, Shape.of(in.integers(0)), in.dtype(2, natural(in.number(1))), in.number(1));
            case "scalar_tensor" -> filled(backend, Shape.SCALAR, in.dtype(1, DType.DEFAULT_FLOATING), in.number(0));
            case "full_like" ->
                filled(backend, in.shape(0), in.dtype(2, in.type(0).dtype()), in.number(1));
            case "fill.Scalar" -> filled(backend, in.shape(0), in.type(0).dtype(), in.number(1));
            case "arange" -> range(backend, in, 1, 0, in.number(0), 1);
            case "arange.start" -> range(backend, in, 2, in.number(0), in.number(1), 1);
            case "arange.start_step" -> range(backend, in, 3, in.number(0), in.number(1), in.number(2));
            case "linspace" -> {
                DType dtype = real(in, in.dtype(3, DType.DEFAULT_FLOATING));
                yield made(backend, in, () -> HostValues.linspace(dtype, in.number(0), in.number(1), in.integer(2)));
            }
            case "clone" -> operands -> new TorchTensor[] {backend.adopt(backend.copyOf(operands[in.operand(0)]))};
            default -> null;
        };
    }

    private static DType natural(Number value) {
        return HostValues.isInteger(value) ? DType.INT64 : DType.DEFAULT_FLOATING;
    }

    private static DType real(Arguments in, DType dtype) {
        if (dtype.isComplex()) {
            throw new KernelException(in.name() + " makes no " + dtype.label());
        }
        return dtype;
    }

    private static Body range(TorchBackend backend, Arguments in, int dtypeAt, Number start, Number end, Number step) {
        boolean integers = HostValues.isInteger(start) && HostValues.isInteger(end) && HostValues.isInteger(step);
        DType dtype = real(in, in.dtype(dtypeAt, integers ? DType.INT64 : DType.DEFAULT_FLOATING));
        return made(backend, in, () -> HostValues.arange(dtype, start, end, step));
    }

    /** Small values are made once; large ones for each run, as plans are kept for long and hold no data. */
    private static Body made(TorchBackend backend, Arguments in, Supplier<Tensor> value) {
        List<TensorType> results = in.call().results();
        if (results.isEmpty() || results.getFirst().shape().elements() <= KEPT_ELEMENTS) {
            Tensor kept = value.get();
            return operands -> new TorchTensor[] {backend.upload(kept)};
        }
        HostValues.requireSize(results.getFirst().shape().elements());
        return operands -> new TorchTensor[] {backend.upload(value.get())};
    }

    /** One element, seen with strides of 0 from every place of the shape. */
    private static Body filled(TorchBackend backend, Shape shape, DType dtype, Number value) {
        Tensor element = HostValues.scalar(dtype, value);
        Layout layout = new Layout(shape.dims(), new long[shape.rank()], 0);
        return operands -> {
            try (TorchTensor uploaded = backend.upload(element)) {
                return new TorchTensor[] {backend.adopt(LibTorch.reinterpret(uploaded.handle(), layout))};
            }
        };
    }
}

package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.RandomNumbers;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Kernels of our own beside the library's: random numbers keyed by a seed, the first operand, and a stream, the first
 * other argument. They are made on the host, for every device alike.
 */
final class RandomKernels {
    private static final TensorType SEED = new TensorType(DType.INT64, Shape.SCALAR);

    /** Makes the tensor of one run. */
    @FunctionalInterface
    private interface Maker {
        Tensor make(RandomNumbers numbers);
    }

    private RandomKernels() {}

    /** Null when the kernel is none of these. */
    static @Nullable Kernel find(TorchBackend backend, KernelCall call) {
        return switch (call.name()) {
            case "random_uniform" -> kernel(backend, call, numbers -> numbers.uniform(result(call), flag(call)));
            case "random_normal" -> kernel(backend, call, numbers -> numbers.normal(result(call)));
            case "random_integers" ->
                kernel(backend, call, numbers -> numbers.integers(result(call), integer(call, 3), integer(call, 4)));
            default -> null;
        };
    }

    private static Kernel kernel(TorchBackend backend, KernelCall call, Maker maker) {
        if (result(call).shape().elements() > RandomNumbers.MAX_ELEMENTS) {
            throw new KernelException(
                    call.name() + ": more than " + RandomNumbers.MAX_ELEMENTS + " random numbers in one tensor");
        }
        long stream = integer(call, 1);
        return operands ->
                new DeviceTensor[] {backend.upload(maker.make(new RandomNumbers(seed(backend, operands[0]), stream)))};
    }

    private static long seed(TorchBackend backend, DeviceTensor operand) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Long.BYTES]);
        backend.download(operand, SEED, bytes);
        return new Tensor(SEED, bytes).getLong(0);
    }

    private static TensorType result(KernelCall call) {
        return call.results().getFirst();
    }

    private static long integer(KernelCall call, int index) {
        return ((Argument.Int) call.arguments().get(index)).value();
    }

    private static boolean flag(KernelCall call) {
        return ((Argument.Bool) call.arguments().get(3)).value();
    }
}

package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.tensor.DType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Products of float32 matrices by oneDNN, which PyTorch's CPU library carries for its convolutions. Its kernels are made
 * for the processor at hand and reach about a tenth more than BLAS, but a call takes longer to begin.
 *
 * <p>The function is exported by its C++ name only, and an exception of C++ would end the process. It raises them for
 * shapes or dtypes that do not fit, which {@link ProductKernels} has checked, and where PyTorch was built without oneDNN,
 * which is asked for first.
 */
final class OneDnn {
    /** Below, what it gains does not make up for some 20 microseconds of finding the kernel for the sizes. */
    private static final double LEAST_FLOPS = 1.6e7;

    private static final @Nullable MethodHandle MATMUL = isThere()
            ? Native.findOptional(
                    "_ZN2at6native13mkldnn_matmulERKNS_6TensorES3_S3_ff",
                    FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_FLOAT))
            : null;

    private OneDnn() {}

    private static boolean isThere() {
        @Nullable
        MethodHandle asked = Native.findOptional("_ZN2at7Context9hasMKLDNNEv", FunctionDescriptor.of(JAVA_BOOLEAN));
        try {
            return asked != null && (boolean) asked.invokeExact();
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    static boolean takes(TorchBackend backend, DType dtype, double flops) {
        return MATMUL != null && backend.deviceType() == LibTorch.CPU && dtype == DType.FLOAT32 && flops >= LEAST_FLOPS;
    }

    /** Writes {@code a · b} to {@code out}, or adds it to what is there. */
    static void multiply(long out, long a, long b, boolean adds) {
        try {
            Objects.requireNonNull(MATMUL).invokeExact(a, b, out, adds ? 1f : 0f, 1f);
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }
}

package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.TensorType;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Checks what a body is given: open tensors of its backend, and results of just the types that it computes. */
final class TorchKernel implements Kernel {
    /**
     * Results that a body cannot compute in place are copied up to this size; larger ones are better left where the
     * library made them.
     */
    private static final long COPIED_BYTES = 1 << 16;

    private final TorchBackend backend;
    private final String name;
    private final int operandCount;
    private final TensorType[] results;
    private final Body body;
    private final boolean writes;

    TorchKernel(TorchBackend backend, KernelCall call, Body body) {
        this.backend = backend;
        this.body = body;
        name = call.name();
        operandCount = call.operands().size();
        results = call.results().toArray(TensorType[]::new);
        writes = results.length > 0 && (body.writes() || isSmall(results));
    }

    private static boolean isSmall(TensorType[] types) {
        long bytes = 0;
        for (TensorType type : types) {
            bytes += type.lengthInBytes();
        }
        return bytes <= COPIED_BYTES;
    }

    @Override
    public DeviceTensor[] run(DeviceTensor[] operands) {
        return body.run(own(operands));
    }

    @Override
    public boolean writes() {
        return writes;
    }

    @Override
    public void write(DeviceTensor[] operands, DeviceTensor[] targets, Lane lane) {
        TorchTensor[] in = own(operands);
        if (targets.length != results.length) {
            throw new KernelException(name + ": " + targets.length + " results given, " + results.length + " needed");
        }
        TorchTensor[] out = new TorchTensor[targets.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = backend.own(targets[i]);
            // The library would give a tensor of another shape new memory, and convert to another dtype.
            if (!out[i].isWhole(results[i])) {
                throw new KernelException(name + ": result " + i + " must be a contiguous " + results[i]);
            }
        }
        if (body.writes()) {
            body.write(in, out, lane);
        } else {
            copy(body.run(in), out);
        }
    }

    private void copy(TorchTensor[] made, TorchTensor[] out) {
        try {
            for (int i = 0; i < out.length; i++) {
                if (!made[i].hasShape(results[i].shape())) {
                    throw new KernelException(
                            name + ": result " + i + " is " + made[i].layout().shape() + ", not " + results[i]);
                }
                LibTorch.copy(out[i].handle(), made[i].handle());
            }
        } finally {
            for (TorchTensor tensor : made) {
                tensor.close();
            }
        }
    }

    @Override
    public @Nullable UnaryOperator<@Nullable Layout> view() {
        return body.view();
    }

    private TorchTensor[] own(DeviceTensor[] operands) {
        if (operands.length != operandCount) {
            throw new KernelException(name + ": " + operands.length + " operands given, " + operandCount + " needed");
        }
        TorchTensor[] own = new TorchTensor[operandCount];
        for (int i = 0; i < operandCount; i++) {
            own[i] = backend.own(operands[i]);
            // A closed one is found before any native object is made for this call.
            own[i].handle();
        }
        return own;
    }
}

package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Attention without the matrix of weights, and its derivative, cut along batches or heads. The library's kernels check
 * neither shapes nor that the numbers of a head lie one behind the other, which is done here.
 */
final class AttentionKernels implements Body {
    private static final String FORWARD = "_scaled_dot_product_flash_attention_for_cpu";

    private final TorchBackend backend;
    private final Body body;
    private final int[] operands;
    private final List<TensorType> types;
    private final int dim;
    private final long whole;
    private final int parts;

    private AttentionKernels(TorchBackend backend, Arguments in, int query, List<TensorType> types) {
        this.backend = backend;
        this.types = types;
        body = new DispatcherKernel(backend, in);
        operands = IntStream.range(0, in.call().operands().size()).toArray();
        Shape q = in.shape(query);
        dim = q.dim(0) > 1 ? 0 : 1;
        whole = q.dim(dim);
        double flops = 4.0 * q.elements() * in.shape(query + 1).dim(2) * (query + 1);
        parts = (int) Math.min(Parts.of(flops), whole);
    }

    /** Null when the kernel is none of these. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        boolean forward = in.name().equals(FORWARD);
        if (!forward && !in.name().equals(FORWARD + "_backward")) {
            return null;
        }
        int query = forward ? 0 : 1;
        Shape q = in.shape(query);
        Shape k = in.shape(query + 1);
        Shape lse = q.rank() == 4 ? q.withoutDim(3) : q;
        DType dtype = in.type(query).dtype();
        boolean fits = q.rank() == 4 && k.rank() == 4 && q.elements() > 0 && k.elements() > 0;
        fits = fits && q.dim(0) == k.dim(0) && q.dim(1) == k.dim(1) && q.dim(3) == k.dim(3);
        fits = fits && in.shape(query + 2).equals(k) && (dtype == DType.FLOAT32 || dtype == DType.FLOAT64);
        for (TensorType operand : in.call().operands()) {
            fits = fits && operand.dtype() == dtype;
        }
        int numbers = forward ? 3 : 6;
        if (!forward) {
            fits = fits
                    && in.shape(0).equals(q)
                    && in.shape(4).equals(q)
                    && in.shape(5).equals(lse);
        }
        @Nullable Shape mask = in.shapeOrNull(numbers + 2);
        if (fits && mask != null) {
            Shape scores = q.withDim(3, k.dim(2));
            fits = (mask.rank() == 2 || mask.rank() == 4)
                    && Shape.broadcast(mask, scores).equals(Optional.of(scores))
                    && !in.bool(numbers + 1);
        }
        if (!fits || in.real(numbers) != 0) {
            throw new KernelException(in.name() + ": takes four dimensions of float32 or float64, as many heads of keys"
                    + " and values as of queries, and no dropout");
        }
        if (backend.deviceType() != LibTorch.CPU) {
            return new AttentionParts(backend, in, forward);
        }
        TensorType type = in.type(query);
        List<TensorType> types =
                forward ? List.of(type, type.withShape(lse)) : List.of(type, in.type(query + 1), in.type(query + 2));
        return new AttentionKernels(backend, in, query, types);
    }

    @Override
    public TorchTensor[] run(TorchTensor[] given) {
        TorchTensor[] results = new TorchTensor[types.size()];
        int made = 0;
        try {
            for (TensorType type : types) {
                results[made] =
                        backend.adopt(backend.empty(Layout.contiguous(type.shape()), LibTorch.code(type.dtype())));
                made++;
            }
            write(given, results, Lane.ALONE);
            return results;
        } catch (RuntimeException e) {
            for (int i = 0; i < made; i++) {
                results[i].close();
            }
            throw e;
        }
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public void write(TorchTensor[] given, TorchTensor[] results, Lane lane) {
        lane.split(parts, part -> {
            lane.poll();
            TorchTensor[] some = new TorchTensor[operands.length];
            int count = 0;
            try {
                for (int i : operands) {
                    some[i] = dense(slice(given[i], part));
                    count++;
                }
                copy(body.run(some), results, part);
            } finally {
                for (int i = 0; i < count; i++) {
                    some[i].close();
                }
            }
        });
    }

    private void copy(TorchTensor[] made, TorchTensor[] results, int part) {
        try {
            for (int i = 0; i < results.length; i++) {
                try (TorchTensor place = slice(results[i], part)) {
                    LibTorch.copy(place.handle(), made[i].handle());
                }
            }
        } finally {
            for (TorchTensor tensor : made) {
                tensor.close();
            }
        }
    }

    /** A mask without batch or heads is the same for all parts. */
    private TorchTensor slice(TorchTensor tensor, int part) {
        Layout layout = tensor.layout();
        if (layout.rank() < 3 || layout.size(dim) != whole || whole == 1) {
            return backend.adopt(LibTorch.newHandle(tensor.handle()));
        }
        long start = whole * part / parts;
        long[] sizes = layout.sizesCopy();
        sizes[dim] = whole * (part + 1) / parts - start;
        return backend.adopt(LibTorch.reinterpret(
                tensor.handle(), new Layout(sizes, layout.stridesCopy(), start * layout.stride(dim))));
    }

    /** Takes the tensor over. */
    private TorchTensor dense(TorchTensor tensor) {
        Layout layout = tensor.layout();
        if (layout.stride(layout.rank() - 1) == 1) {
            return tensor;
        }
        try (tensor) {
            return backend.adopt(backend.copyOf(tensor));
        }
    }
}

package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Kernels of our own beside the library's: attention and its derivative with results as [N, length, heads, E], which is
 * how they lie in the library's memory and how models go on with them. So they are not turned round twice.
 */
final class AttentionByRows implements Body {
    private static final String FORWARD = "_scaled_dot_product_flash_attention_for_cpu";
    private static final Map<String, String> NAMES =
            Map.of("attention_by_rows", FORWARD, "attention_by_rows_backward", FORWARD + "_backward");

    private final TorchBackend backend;
    private final Body body;
    private final List<TensorType> results;

    private AttentionByRows(TorchBackend backend, Body body, List<TensorType> results) {
        this.backend = backend;
        this.body = body;
        this.results = results;
    }

    /** Null when the kernel is none of these. */
    static @Nullable Body find(TorchBackend backend, KernelCall call) {
        String name = NAMES.get(call.name());
        if (name == null) {
            return null;
        }
        List<TensorType> inner =
                call.results().stream().map(AttentionByRows::turned).toList();
        Body body = backend.body(new KernelCall(name, call.arguments(), call.operands(), inner));
        return new AttentionByRows(backend, body, call.results());
    }

    private static TensorType turned(TensorType type) {
        Shape shape = type.shape();
        return shape.rank() < 4
                ? type
                : type.withShape(shape.withDim(1, shape.dim(2)).withDim(2, shape.dim(1)));
    }

    @Override
    public TorchTensor[] run(TorchTensor[] operands) {
        TorchTensor[] made = results.stream().map(backend::empty).toArray(TorchTensor[]::new);
        try {
            write(operands, made, Lane.ALONE);
            return made;
        } catch (RuntimeException e) {
            close(made);
            throw e;
        }
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public void write(TorchTensor[] operands, TorchTensor[] targets, Lane lane) {
        TorchTensor[] turned = IntStream.range(0, targets.length)
                .mapToObj(i -> backend.view(
                        targets[i], turned(Layout.contiguous(results.get(i).shape()))))
                .toArray(TorchTensor[]::new);
        try {
            body.write(operands, turned, lane);
        } finally {
            close(turned);
        }
    }

    private static Layout turned(Layout layout) {
        if (layout.rank() < 4) {
            return layout;
        }
        return new Layout(
                new long[] {layout.size(0), layout.size(2), layout.size(1), layout.size(3)},
                new long[] {layout.stride(0), layout.stride(2), layout.stride(1), layout.stride(3)},
                0);
    }

    private static void close(TorchTensor[] tensors) {
        for (TorchTensor tensor : tensors) {
            tensor.close();
        }
    }
}

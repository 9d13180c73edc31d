package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Views computed here: a new handle on the operand's storage, no kernel and, wherever strides allow, no copy. */
final class ViewKernels {
    private ViewKernels() {}

    /** Null when the kernel is no view. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        return switch (in.name()) {
            case "view", "reshape" -> reshaped(backend, in, Layouts.resolve(in.shape(0), in.integers(1)));
            case "flatten.using_ints" ->
                reshaped(backend, in, Layouts.flatten(in.shape(0), in.integer(1), in.integer(2)));
            case "as_strided" -> asStrided(backend, in);
            case "alias", "detach" -> operands -> one(backend, LibTorch.newHandle(operands[in.operand(0)].handle()));
            case "contiguous" -> operands -> one(backend, backend.contiguous(operands[in.operand(0)]));
            default -> {
                @Nullable UnaryOperator<Layout> function = function(in);
                yield function == null ? null : strided(backend, in, function);
            }
        };
    }

    private static @Nullable UnaryOperator<Layout> function(Arguments in) {
        return switch (in.name()) {
            case "permute" -> layout -> Layouts.permute(layout, in.integers(1));
            case "transpose.int" -> layout -> Layouts.transpose(layout, in.integer(1), in.integer(2));
            case "t" -> layout -> layout.rank() < 2 ? layout : transposeMatrix(layout);
            case "movedim.intlist" -> layout -> Layouts.movedim(layout, in.integers(1), in.integers(2));
            case "expand" -> layout -> Layouts.expand(layout, in.integers(1));
            case "slice.Tensor" ->
                layout -> Layouts.slice(layout, in.integer(1), in.integerOrNull(2), in.integerOrNull(3), in.integer(4));
            case "narrow" -> layout -> Layouts.narrow(layout, in.integer(1), in.integer(2), in.integer(3));
            case "select.int" -> layout -> Layouts.select(layout, in.integer(1), in.integer(2));
            case "unsqueeze" -> layout -> Layouts.unsqueeze(layout, in.integer(1));
            case "squeeze" ->
                layout -> Layouts.squeeze(
                        layout, LongStream.range(0, layout.rank()).toArray());
            case "squeeze.dim" -> layout -> Layouts.squeeze(layout, new long[] {in.integer(1)});
            case "squeeze.dims" -> layout -> Layouts.squeeze(layout, in.integers(1));
            case "diagonal" -> layout -> Layouts.diagonal(layout, in.integer(1), in.integer(2), in.integer(3));
            case "unfold" -> layout -> Layouts.unfold(layout, in.integer(1), in.integer(2), in.integer(3));
            default -> null;
        };
    }

    private static Layout transposeMatrix(Layout layout) {
        if (layout.rank() > 2) {
            throw new IllegalArgumentException("t takes a matrix");
        }
        return Layouts.transpose(layout, 0, 1);
    }

    private static Body strided(TorchBackend backend, Arguments in, UnaryOperator<Layout> function) {
        int operand = in.operand(0);
        // Whether the arguments fit depends on the shape alone, so what is wrong is found before anything runs.
        Shape shape = function.apply(Layout.contiguous(in.shape(0))).shape();
        if (!in.call().results().isEmpty()
                && !in.call().results().getFirst().shape().equals(shape)) {
            throw new KernelException(
                    in.name() + " makes " + shape + ", not " + in.call().results());
        }
        return operands -> {
            TorchTensor tensor = operands[operand];
            return one(backend, LibTorch.reinterpret(tensor.handle(), function.apply(tensor.layout())));
        };
    }

    private static Body reshaped(TorchBackend backend, Arguments in, Shape target) {
        int operand = in.operand(0);
        long elements = in.shape(0).elements();
        return operands -> {
            TorchTensor tensor = operands[operand];
            if (tensor.layout().elements() != elements) {
                throw new KernelException(in.name() + ": the operand does not have the type it was resolved for");
            }
            @Nullable Layout layout = Layouts.view(tensor.layout(), target);
            if (layout != null) {
                return one(backend, LibTorch.reinterpret(tensor.handle(), layout));
            }
            try (TorchTensor copy = backend.adopt(backend.contiguous(tensor))) {
                return one(backend, LibTorch.reinterpret(copy.handle(), Layout.contiguous(target)));
            }
        };
    }

    /** Strides count in the operand's row-major order, whatever its own strides are. */
    private static Body asStrided(TorchBackend backend, Arguments in) {
        int operand = in.operand(0);
        long[] sizes = in.integers(1);
        long[] strides = in.integers(2);
        @Nullable Long offset = in.integerOrNull(3);
        long start = offset == null ? 0 : offset;
        Layout layout = Layouts.asStrided(Layout.contiguous(in.shape(0)), sizes, strides, start);
        return operands -> {
            try (TorchTensor dense = backend.adopt(backend.contiguous(operands[operand]))) {
                if (dense.layout().elements() != in.shape(0).elements()) {
                    throw new KernelException("as_strided: the operand does not have the type it was resolved for");
                }
                return one(backend, LibTorch.reinterpret(dense.handle(), layout));
            }
        };
    }

    private static TorchTensor[] one(TorchBackend backend, long handle) {
        return new TorchTensor[] {backend.adopt(handle)};
    }
}

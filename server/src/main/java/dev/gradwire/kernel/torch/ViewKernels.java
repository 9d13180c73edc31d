package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Views computed here: a new handle on the operand's storage, no kernel and, wherever strides allow, no copy. */
final class ViewKernels {
    private ViewKernels() {}

    /** Null when the kernel is no view. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        @Nullable View function = function(in);
        if (function == null) {
            return null;
        }
        // Whether the arguments fit depends on the shape alone, so what is wrong is found before anything runs.
        Layout viewed = function.of(Layout.contiguous(in.shape(0)));
        Shape shape = Objects.requireNonNull(viewed, "elements in row-major order take every view")
                .shape();
        List<TensorType> results = in.call().results();
        if (!results.isEmpty() && !results.getFirst().shape().equals(shape)) {
            throw new KernelException(in.name() + " makes " + shape + ", not " + results);
        }
        return new ViewBody(backend, in.operand(0), function);
    }

    /** How the elements of a view are laid out. */
    @FunctionalInterface
    private interface View {
        /** The offset counts from the operand's first element. Null for a layout that takes a copy. */
        @Nullable
        Layout of(Layout operand);
    }

    private static @Nullable View function(Arguments in) {
        return switch (in.name()) {
            case "view", "reshape" -> reshaped(in, Layouts.resolve(in.shape(0), in.integers(1)));
            case "flatten.using_ints" -> reshaped(in, Layouts.flatten(in.shape(0), in.integer(1), in.integer(2)));
            case "as_strided" -> asStrided(in);
            case "alias", "detach" -> layout -> layout;
            case "contiguous" -> layout -> layout.isContiguous() ? layout : null;
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

    private static View reshaped(Arguments in, Shape target) {
        return layout -> {
            requireElements(in, layout);
            return Layouts.view(layout, target);
        };
    }

    /** Strides count in the operand's row-major order, whatever its own strides are. */
    private static View asStrided(Arguments in) {
        @Nullable Long offset = in.integerOrNull(3);
        Layout strided = Layouts.asStrided(
                Layout.contiguous(in.shape(0)), in.integers(1), in.integers(2), offset == null ? 0 : offset);
        return layout -> {
            requireElements(in, layout);
            return layout.isContiguous() ? strided : null;
        };
    }

    private static void requireElements(Arguments in, Layout layout) {
        if (layout.elements() != in.shape(0).elements()) {
            throw new KernelException(in.name() + ": the operand does not have the type it was resolved for");
        }
    }

    /** A view where strides allow it; else of a copy in row-major order. */
    private record ViewBody(TorchBackend backend, int operand, View function) implements Body {
        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            return new TorchTensor[] {view(operands[operand])};
        }

        private TorchTensor view(TorchTensor tensor) {
            @Nullable Layout layout = function.of(tensor.layout());
            if (layout != null) {
                return backend.adopt(LibTorch.reinterpret(tensor.handle(), layout));
            }
            try (TorchTensor copy = backend.adopt(backend.copyOf(tensor))) {
                return backend.adopt(LibTorch.reinterpret(
                        copy.handle(),
                        Objects.requireNonNull(
                                function.of(Layout.contiguous(tensor.layout().shape())))));
            }
        }

        @Override
        public boolean writes() {
            return true;
        }

        /** What takes a copy and keeps its elements in their order is copied once. */
        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            TorchTensor source = operands[operand];
            TorchTensor target = results[0];
            Layout ordered = Layout.contiguous(source.layout().shape());
            boolean keepsOrder = target.layout().elements() == ordered.elements()
                    && Objects.requireNonNull(function.of(ordered)).isContiguous();
            if (keepsOrder) {
                try (TorchTensor same = backend.adopt(LibTorch.reinterpret(target.handle(), ordered))) {
                    LibTorch.copy(same.handle(), source.handle());
                }
                return;
            }
            try (TorchTensor view = view(source)) {
                LibTorch.copy(target.handle(), view.handle());
            }
        }

        @Override
        public UnaryOperator<@Nullable Layout> view() {
            return layout -> layout == null ? null : function.of(layout.fromStart());
        }
    }
}

package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Products of matrices, by BLAS or by {@link OneDnn}. Operands go there with the strides that they have: a transposed one
 * is not copied.
 *
 * <p>The library runs on the calling thread alone, and a large product is cut here into parts that depend on its shape and on
 * nothing else. So results have the same bits whoever computes them, and lanes do not wait for a pool of threads of the
 * library: the threads of OpenBLAS cut products in other places (128 × 784 × 512 has other bits on two threads than on
 * one), serve one caller at a time, and spin.
 */
final class ProductKernels {
    private static final FunctionDescriptor PRODUCT = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final FunctionDescriptor SUM_AND_PRODUCT =
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, JAVA_DOUBLE);

    /** Each part packs the operand that it shares with the others anew, which narrower parts would not make up for. */
    private static final long LEAST_WIDTH = 64;

    private ProductKernels() {}

    /** Null when the kernel is none of these. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        return switch (in.name()) {
            case "mm", "bmm" -> product(backend, in, PRODUCT, -1, 0, 1, 0, 1);
            case "addmm", "baddbmm" ->
                product(
                        backend,
                        in,
                        SUM_AND_PRODUCT,
                        0,
                        1,
                        2,
                        in.number(3).doubleValue(),
                        in.number(4).doubleValue());
            default -> null;
        };
    }

    /** @param self the argument of what is added, −1 for nothing */
    private static @Nullable Body product(
            TorchBackend backend,
            Arguments in,
            FunctionDescriptor descriptor,
            int self,
            int left,
            int right,
            double beta,
            double alpha) {
        Shape a = in.shape(left);
        Shape b = in.shape(right);
        int rank = in.name().endsWith("bmm") ? 3 : 2;
        DType dtype = in.type(left).dtype();
        boolean fits = a.rank() == rank && b.rank() == rank && a.dim(rank - 1) == b.dim(rank - 2);
        fits = fits && (rank == 2 || a.dim(0) == b.dim(0)) && in.type(right).dtype() == dtype;
        long[] sizes = a.dims();
        if (fits) {
            sizes[rank - 1] = b.dim(rank - 1);
            Shape result = Shape.of(sizes);
            fits = self < 0
                    || in.type(self).dtype() == dtype
                            && Shape.broadcast(in.shape(self), result).equals(Optional.of(result));
        }
        if (!fits) {
            throw new KernelException(in.name() + ": " + in.type(left) + " and " + in.type(right) + " have no product");
        }
        double flops = 2.0 * a.dim(rank - 1) * Shape.of(sizes).elements();
        boolean scaled = self >= 0 && beta != 1 || alpha != 1;
        @Nullable
        Multiplication multiplication = !scaled && OneDnn.takes(backend, dtype, flops)
                ? ProductKernels::byOneDnn
                : byBlas(backend, in, descriptor, self >= 0, beta, alpha);
        if (multiplication == null) {
            return null;
        }
        return new Product(
                backend,
                multiplication,
                self < 0 ? -1 : in.operand(self),
                in.operand(left),
                in.operand(right),
                Layout.contiguous(Shape.of(sizes)),
                LibTorch.code(dtype),
                Cut.of(backend, sizes, flops));
    }

    /** Writes a product of handles, and what is added to it, unless that is 0, to {@code out}. */
    @FunctionalInterface
    private interface Multiplication {
        void run(long out, long added, long a, long b);
    }

    private static void byOneDnn(long out, long added, long a, long b) {
        if (added != 0) {
            LibTorch.copy(out, added);
        }
        OneDnn.multiply(out, a, b, added != 0);
    }

    private static @Nullable Multiplication byBlas(
            TorchBackend backend,
            Arguments in,
            FunctionDescriptor descriptor,
            boolean adds,
            double beta,
            double alpha) {
        String name = in.name();
        @Nullable MethodHandle function = backend.shim(name + "_out", descriptor);
        if (function == null) {
            return null;
        }
        return (out, added, a, b) -> {
            try {
                int status = adds
                        ? (int) function.invokeExact(out, added, a, b, beta, alpha)
                        : (int) function.invokeExact(out, a, b);
                Native.check(status, name);
            } catch (Throwable e) {
                throw Native.failed(e);
            }
        };
    }

    /**
     * How a product is cut into parts.
     *
     * @param dim the result's dimension
     * @param length of every part but the last
     */
    private record Cut(int parts, int dim, long length) {
        static final Cut NONE = new Cut(1, 0, 0);

        static Cut of(TorchBackend backend, long[] sizes, double flops) {
            int parts = Parts.of(flops);
            if (backend.deviceType() != LibTorch.CPU || parts < 2) {
                return NONE;
            }
            int columns = sizes.length - 1;
            if (columns == 2 && sizes[0] >= 2) {
                return of(parts, 0, sizes[0], 1);
            }
            // The left operand is the cheaper one to pack, unless it is much the larger.
            boolean byColumns = sizes[columns] >= 2 * LEAST_WIDTH && 4 * sizes[columns] >= sizes[columns - 1];
            int dim = byColumns ? columns : columns - 1;
            return of(parts, dim, sizes[dim], LEAST_WIDTH);
        }

        private static Cut of(int most, int dim, long size, long least) {
            int parts = (int) Math.min(most, size / least);
            if (parts < 2) {
                return NONE;
            }
            // Tiles of the kernels are at most 16 wide: only the last part has to fill one up.
            long length = (size + parts - 1) / parts;
            if (least > 1) {
                length = (length + 15) / 16 * 16;
            }
            return new Cut((int) ((size + length - 1) / length), dim, length);
        }

        /** The part of a tensor that part {@code i} of the result needs; the tensor itself where that is all of it. */
        Layout part(Layout layout, int dim, int i, long whole) {
            if (dim < 0 || dim >= layout.rank() || layout.size(dim) != whole || whole == 1) {
                return layout;
            }
            long[] sizes = layout.sizesCopy();
            sizes[dim] = Math.min(length, whole - i * length);
            return new Layout(sizes, layout.stridesCopy(), i * length * layout.stride(dim));
        }
    }

    private record Product(
            TorchBackend backend,
            Multiplication multiplication,
            int self,
            int left,
            int right,
            Layout result,
            int dtype,
            Cut cut)
            implements Body {
        @Override
        public TorchTensor[] run(TorchTensor[] operands) {
            TorchTensor[] made = {backend.adopt(backend.empty(result, dtype))};
            try {
                write(operands, made, Lane.ALONE);
                return made;
            } catch (RuntimeException e) {
                made[0].close();
                throw e;
            }
        }

        @Override
        public boolean writes() {
            return true;
        }

        @Override
        public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
            TorchTensor a = operands[left];
            TorchTensor b = operands[right];
            @Nullable TorchTensor added = self < 0 ? null : operands[self];
            if (cut.parts() == 1) {
                multiplication.run(results[0].handle(), added == null ? 0 : added.handle(), a.handle(), b.handle());
            } else {
                lane.split(cut.parts(), i -> part(i, results[0], added, a, b));
            }
        }

        private void part(int i, TorchTensor out, @Nullable TorchTensor added, TorchTensor a, TorchTensor b) {
            int rank = result.rank();
            int dim = cut.dim();
            long whole = result.size(dim);
            boolean columns = dim == rank - 1;
            try (TorchTensor partOfOut = cut(i, out, dim, whole);
                    TorchTensor partOfA = cut(i, a, columns ? -1 : dim, whole);
                    TorchTensor partOfB = cut(i, b, columns || dim < rank - 2 ? dim : -1, whole)) {
                if (added == null) {
                    multiplication.run(partOfOut.handle(), 0, partOfA.handle(), partOfB.handle());
                    return;
                }
                // Broadcast from the right: its own dimensions are the result's last ones.
                int own = dim - rank + added.layout().rank();
                try (TorchTensor partOfAdded = cut(i, added, own, whole)) {
                    multiplication.run(partOfOut.handle(), partOfAdded.handle(), partOfA.handle(), partOfB.handle());
                }
            }
        }

        private TorchTensor cut(int i, TorchTensor tensor, int dim, long whole) {
            Layout layout = tensor.layout();
            Layout part = cut.part(layout, dim, i, whole);
            return backend.adopt(
                    part == layout ? LibTorch.newHandle(tensor.handle()) : LibTorch.reinterpret(tensor.handle(), part));
        }
    }
}

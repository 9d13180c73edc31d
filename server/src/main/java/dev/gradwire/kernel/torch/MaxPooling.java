package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@code max_pool2d_with_indices} of images of float32 or float64 on the host, in a loop of our own: the library's takes
 * 25 ns a window of 2 × 2. Of equal maxima the first is taken, of NaNs the last, as there.
 */
final class MaxPooling implements Body {
    /** Elements that are worth a thread. */
    private static final long ELEMENTS_OF_PART = 1 << 16;

    private static final int MOST_PARTS = 8;

    /** Along one dimension: sizes of image and result, and the window. */
    private record Axis(int in, int out, int window, int stride, int padding, int dilation) {
        /** Null for what the library has to refuse. */
        static @Nullable Axis of(Arguments in, int axis, long size) {
            long window = entry(in.integers(1), axis);
            long[] strides = in.integers(2);
            long stride = strides.length == 0 ? window : entry(strides, axis);
            long padding = entry(in.integers(3), axis);
            long dilation = entry(in.integers(4), axis);
            long most = Integer.MAX_VALUE / 4;
            boolean fits = window > 0 && stride > 0 && dilation > 0 && padding >= 0 && size > 0;
            fits = fits && window < most && stride < most && dilation < most && size < most;
            if (!fits || (window - 1) * dilation + 1 > most || padding > ((window - 1) * dilation + 1) / 2) {
                return null;
            }
            boolean ceil = in.bool(5);
            long room = size + 2 * padding - dilation * (window - 1) - 1;
            long out = Math.floorDiv(room + (ceil ? stride - 1 : 0), stride) + 1;
            if (ceil && (out - 1) * stride >= size + padding) {
                out--;
            }
            return out < 1
                    ? null
                    : new Axis((int) size, (int) out, (int) window, (int) stride, (int) padding, (int) dilation);
        }

        private static long entry(long[] values, int axis) {
            return values[values.length == 1 ? 0 : axis];
        }

        /** Where the window of a result begins in the image. */
        int start(int at) {
            int start = at * stride - padding;
            return start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation;
        }

        int end(int at) {
            return Math.min(at * stride - padding + (window - 1) * dilation + 1, in);
        }

        boolean isPairs() {
            return window == 2 && padding == 0 && dilation == 1 && (out - 1) * stride + 2 <= in;
        }
    }

    private final TorchBackend backend;
    private final int operand;
    private final Shape image;
    private final boolean single;
    private final int planes;
    private final Axis rows;
    private final Axis columns;
    private final Shape result;

    private MaxPooling(TorchBackend backend, Arguments in, Axis rows, Axis columns) {
        this.backend = backend;
        this.rows = rows;
        this.columns = columns;
        operand = in.operand(0);
        image = in.shape(0);
        single = in.type(0).dtype() == DType.FLOAT32;
        int rank = image.rank();
        planes = Math.toIntExact(image.elements() / ((long) rows.in() * columns.in()));
        result = image.withDim(rank - 2, rows.out()).withDim(rank - 1, columns.out());
    }

    /** Null when the kernel is not this one, or the library has to do it. */
    static @Nullable Body find(TorchBackend backend, Arguments in) {
        if (!in.name().equals("max_pool2d_with_indices") || backend.deviceType() != LibTorch.CPU) {
            return null;
        }
        Shape image = in.shape(0);
        DType dtype = in.type(0).dtype();
        int rank = image.rank();
        boolean fits = (rank == 3 || rank == 4) && (dtype == DType.FLOAT32 || dtype == DType.FLOAT64);
        if (!fits || image.elements() == 0 || image.elements() > Integer.MAX_VALUE) {
            return null;
        }
        @Nullable Axis rows = Axis.of(in, 0, image.dim(rank - 2));
        @Nullable Axis columns = Axis.of(in, 1, image.dim(rank - 1));
        return rows == null || columns == null ? null : new MaxPooling(backend, in, rows, columns);
    }

    @Override
    public TorchTensor[] run(TorchTensor[] operands) {
        Layout layout = Layout.contiguous(result);
        int dtype = LibTorch.code(single ? DType.FLOAT32 : DType.FLOAT64);
        TorchTensor values = backend.adopt(backend.empty(layout, dtype));
        TorchTensor indices = backend.adopt(backend.empty(layout, LibTorch.code(DType.INT64)));
        TorchTensor[] made = {values, indices};
        write(operands, made, Lane.ALONE);
        return made;
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
        try (TorchTensor dense = backend.adopt(backend.contiguous(operands[operand]))) {
            MemorySegment in = dense.memory();
            MemorySegment values = results[0].memory();
            MemorySegment indices = results[1].memory();
            int parts = Math.clamp(image.elements() / ELEMENTS_OF_PART, 1, Math.min(planes, MOST_PARTS));
            lane.split(parts, part -> {
                int end = (int) ((long) planes * (part + 1) / parts);
                for (int plane = (int) ((long) planes * part / parts); plane < end; plane++) {
                    lane.poll();
                    if (single && rows.isPairs() && columns.isPairs()) {
                        pairs(plane, in, values, indices);
                    } else {
                        windows(plane, in, values, indices);
                    }
                }
            });
        }
    }

    private double get(MemorySegment in, int at) {
        return single ? in.getAtIndex(JAVA_FLOAT, at) : in.getAtIndex(JAVA_DOUBLE, at);
    }

    private void windows(int plane, MemorySegment in, MemorySegment values, MemorySegment indices) {
        int base = plane * rows.in() * columns.in();
        int to = plane * rows.out() * columns.out();
        for (int i = 0; i < rows.out(); i++) {
            for (int j = 0; j < columns.out(); j++, to++) {
                int place = greatest(in, base, i, j);
                indices.setAtIndex(JAVA_LONG, to, place);
                if (single) {
                    values.setAtIndex(JAVA_FLOAT, to, in.getAtIndex(JAVA_FLOAT, base + place));
                } else {
                    values.setAtIndex(JAVA_DOUBLE, to, in.getAtIndex(JAVA_DOUBLE, base + place));
                }
            }
        }
    }

    private int greatest(MemorySegment in, int base, int i, int j) {
        int width = columns.in();
        int right = columns.end(j);
        int left = columns.start(j);
        int top = rows.start(i);
        int bottom = rows.end(i);
        double greatest = Double.NEGATIVE_INFINITY;
        int place = top * width + left;
        for (int y = top; y < bottom; y += rows.dilation()) {
            for (int x = left; x < right; x += columns.dilation()) {
                double value = get(in, base + y * width + x);
                if (value > greatest || Double.isNaN(value)) {
                    greatest = value;
                    place = y * width + x;
                }
            }
        }
        return place;
    }

    /**
     * The same for the window that most use, 2 × 2 within the image of float32, without branches, which no processor
     * could predict.
     */
    private void pairs(int plane, MemorySegment in, MemorySegment values, MemorySegment indices) {
        int width = columns.in();
        int base = plane * rows.in() * width;
        int to = plane * rows.out() * columns.out();
        for (int i = 0; i < rows.out(); i++) {
            int place = i * rows.stride() * width;
            for (int j = 0; j < columns.out(); j++, to++, place += columns.stride()) {
                long a = ranked(in.getAtIndex(JAVA_FLOAT, base + place), place);
                long b = ranked(in.getAtIndex(JAVA_FLOAT, base + place + 1), place + 1);
                long c = ranked(in.getAtIndex(JAVA_FLOAT, base + place + width), place + width);
                long d = ranked(in.getAtIndex(JAVA_FLOAT, base + place + width + 1), place + width + 1);
                int greatest = Integer.MAX_VALUE - (int) (Math.max(Math.max(a, b), Math.max(c, d)) & Integer.MAX_VALUE);
                float value = in.getAtIndex(JAVA_FLOAT, base + greatest);
                if (Float.isNaN(value)) {
                    greatest = greatest(in, base, i, j);
                }
                values.setAtIndex(JAVA_FLOAT, to, value);
                indices.setAtIndex(JAVA_LONG, to, greatest);
            }
        }
    }

    /** Grows with the value and, for one value, falls with its place: zeros are one value, and NaN is beyond ∞. */
    private static long ranked(float value, int place) {
        int bits = Float.floatToIntBits(value + 0f);
        int order = bits ^ bits >> 31 & Integer.MAX_VALUE;
        return (long) order << 31 | Integer.MAX_VALUE - place;
    }
}

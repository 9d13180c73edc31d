package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The transforms of {@code torch.fft}: input padded with zeros or cut to the sizes asked for, then transformed. {@code
 * norm} says which direction divides by n: "backward" (the default) the inverse, "forward" the forward one, "ortho" each
 * by √n.
 */
final class FourierForms {
    private static final String ONE = "(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor";
    private static final String TWO = "(Tensor self, int[1]? s=None, int[1] dim=[-2,-1], str? norm=None) -> Tensor";
    private static final String MANY = "(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor";

    private FourierForms() {}

    static List<Declaration> declarations() {
        return Stream.of(
                        forms("fft", "the Fourier transform", n -> direct(n, true), n -> complexTransform(n, true)),
                        forms(
                                "ifft",
                                "the inverse Fourier transform",
                                n -> direct(n, false),
                                n -> complexTransform(n, false)),
                        forms(
                                "rfft",
                                "the Fourier transform of real input, its first half along the last dimension",
                                n -> fromReal(n, true, true),
                                FourierForms::realTransform),
                        forms(
                                "irfft",
                                "the inverse of rfft: real output, by default of even size",
                                n -> toReal(n, false),
                                n -> realInverse(n, false)),
                        forms(
                                "hfft",
                                "the Fourier transform of the first half of Hermitian input: real output",
                                n -> toReal(n, true),
                                n -> realInverse(n, true)),
                        forms(
                                "ihfft",
                                "the inverse of hfft",
                                n -> fromReal(n, false, true),
                                FourierForms::hermitianInverse),
                        Stream.of(
                                shift("fft_fftshift", "0 frequency moved to the middle", 0),
                                shift("fft_ifftshift", "fft_fftshift undone", 1)))
                .flatMap(each -> each)
                .toList();
    }

    private static Stream<Declaration> forms(
            String name, String doc, Function<Args, Expr> one, Function<Args, Expr> many) {
        boolean real = name.equals("rfft") || name.equals("ihfft");
        String dtype = real ? "float64" : "complex128";
        String other = real ? "float32" : "float64";
        Stream<Declaration> declarations = Stream.of(
                operator("fft_" + name + ONE)
                        .doc(doc + " along a dimension")
                        .composite(n -> List.of(one.apply(n)))
                        .samples(dtype + "[2, 4]", "float64[3, 2], 5, 0, \"ortho\"", other + "[4], 3"),
                operator("fft_" + name + "2" + TWO)
                        .doc(doc + " along two dimensions")
                        .composite(n -> List.of(many.apply(n)))
                        .samples(dtype + "[2, 3, 4]"),
                operator("fft_" + name + "n" + MANY)
                        .doc(doc + " along several dimensions, by default all of them, or the last ones if s is given")
                        .composite(n -> List.of(many.apply(n)))
                        .samples(dtype + "[2, 3]", "float64[2, 3], [4, 2], [1, 0], \"forward\""));
        return real ? declarations : declarations.map(Declaration::complex);
    }

    /** ATen's number for {@code norm}. */
    private static long normalization(Args n, boolean forward) {
        String norm = n.has("norm") ? n.text("norm") : "backward";
        return switch (norm) {
            case "backward" -> forward ? Fourier.NONE : Fourier.BY_SIZE;
            case "forward" -> forward ? Fourier.BY_SIZE : Fourier.NONE;
            case "ortho" -> Fourier.BY_ROOT;
            default ->
                throw Require.invalid(
                        "norm", "must be \"backward\", \"forward\" or \"ortho\", but is \"" + norm + "\"");
        };
    }

    /** Integers become the default floating type, and that its complex type if need be. */
    private static Expr promoted(Args n, boolean complex) {
        Expr self = n.self();
        DType dtype = self.dtype().isDifferentiable() ? self.dtype() : DType.DEFAULT_FLOATING;
        if (!dtype.isComplex()) {
            Fourier.requireParts("self", dtype);
        }
        return self.to(complex ? dtype.toComplex() : dtype);
    }

    private static Expr realInput(Args n) {
        DType dtype = n.type("self").dtype();
        if (dtype.isComplex()) {
            throw GraphException.argument(Reason.DTYPE_UNSUPPORTED, "self", "must be real, but is " + dtype.label());
        }
        return promoted(n, false);
    }

    private static long points(String parameter, long count) {
        Require.that(count >= 1, parameter, "must be at least 1 point, but is " + count);
        return count;
    }

    /** Each dimension cut to its size, then all that are too short padded with zeros. */
    private static Expr resized(Expr input, long[] dims, long[] sizes) {
        Expr cut = input;
        long[] pad = new long[2 * input.rank()];
        boolean pads = false;
        for (int i = 0; i < dims.length; i++) {
            int dim = (int) dims[i];
            long size = input.size(dim);
            if (size > sizes[i]) {
                cut = cut.slice(dim, 0, sizes[i]);
            } else if (size < sizes[i]) {
                pad[pad.length - 2 * dim - 1] = sizes[i] - size;
                pads = true;
            }
        }
        return pads ? cut.call("constant_pad_nd", pad, 0) : cut;
    }

    // One dimension

    private static Expr direct(Args n, boolean forward) {
        if (!n.self().dtype().isComplex()) {
            return fromReal(n, forward, false);
        }
        int dim = Dims.existing(n.call(), "dim", n.shape("self"));
        Expr input = sized(n, n.self(), dim);
        return input.call("_fft_c2c", new long[] {dim}, normalization(n, forward), forward);
    }

    /** Cut or padded to n points, by default as many as there are. */
    private static Expr sized(Args n, Expr input, int dim) {
        if (!n.has("n")) {
            if (input.size(dim) < 1) {
                throw Require.shape("self", "has no points along dimension " + dim + ", its shape is " + input.shape());
            }
            return input;
        }
        return resized(input, new long[] {dim}, new long[] {points("n", n.integer("n"))});
    }

    private static Expr fromReal(Args n, boolean forward, boolean onesided) {
        Expr input = realInput(n);
        int dim = Dims.existing(n.call(), "dim", input.shape());
        Expr result = sized(n, input, dim).call("_fft_r2c", new long[] {dim}, normalization(n, forward), onesided);
        return forward ? result : result.conj();
    }

    private static Expr toReal(Args n, boolean forward) {
        Expr input = promoted(n, true);
        int dim = Dims.existing(n.call(), "dim", input.shape());
        long size = n.has("n") ? points("n", n.integer("n")) : points("n", Math.multiplyExact(2, input.size(dim) - 1));
        if (n.has("n")) {
            input = resized(input, new long[] {dim}, new long[] {size / 2 + 1});
        }
        input = forward ? input.conj() : input;
        return input.call("_fft_c2r", new long[] {dim}, normalization(n, forward), size);
    }

    // Several dimensions

    /** Dimensions from the front and the points along each of them. */
    private static final class Extent {
        private final long[] dims;
        private final long[] sizes;

        Extent(long[] dims, long[] sizes) {
            this.dims = dims;
            this.sizes = sizes;
        }

        int last() {
            return dims.length - 1;
        }

        long[] lastDim() {
            return new long[] {dims[last()]};
        }

        long[] otherDims() {
            return LongStream.of(dims).limit(last()).toArray();
        }

        Extent atLeastOne() {
            Require.that(dims.length > 0, "dim", "must name at least one dimension");
            return this;
        }
    }

    private static Extent extent(Args n) {
        Shape shape = n.shape("self");
        int rank = shape.rank();
        boolean sized = n.has("s");
        int count = sized ? n.ints("s").length : rank;
        Require.that(count <= rank, "s", "has " + count + " sizes for a tensor of shape " + shape);
        long[] dims = n.has("dim")
                ? listed(n.call(), rank)
                : LongStream.range(rank - count, rank).toArray();
        Require.that(!sized || dims.length == count, "s", "has " + count + " sizes for " + dims.length + " dimensions");
        long[] sizes = new long[dims.length];
        for (int i = 0; i < dims.length; i++) {
            long given = sized ? n.ints("s")[i] : -1;
            sizes[i] = points(sized ? "s" : "self", given == -1 ? shape.dim((int) dims[i]) : given);
        }
        return new Extent(dims, sizes);
    }

    private static long[] listed(Call call, int rank) {
        Argument given = call.arg("dim");
        if (rank == 0
                && !(given instanceof Argument.Items items && items.items().isEmpty())) {
            throw Require.shape("dim", "names a dimension of a tensor of shape []");
        }
        return Dims.listed(call, "dim", rank);
    }

    private static Expr complexTransform(Args n, boolean forward) {
        Extent extent = extent(n);
        return resized(promoted(n, true), extent.dims, extent.sizes)
                .call("_fft_c2c", extent.dims, normalization(n, forward), forward);
    }

    private static Expr realTransform(Args n) {
        Expr input = realInput(n);
        Extent extent = extent(n).atLeastOne();
        return resized(input, extent.dims, extent.sizes).call("_fft_r2c", extent.dims, normalization(n, true), true);
    }

    /** {@code irfftn}, or {@code hfftn}, which transforms forward. */
    private static Expr realInverse(Args n, boolean forward) {
        Extent extent = extent(n).atLeastOne();
        int last = extent.last();
        boolean given = n.has("s") && n.ints("s")[last] != -1;
        long size = given ? extent.sizes[last] : 2 * (extent.sizes[last] - 1);
        points(given ? "s" : "self", size);
        extent.sizes[last] = size / 2 + 1;
        Expr input = resized(promoted(n, true), extent.dims, extent.sizes);
        long normalization = normalization(n, forward);
        if (!forward) {
            return input.call("_fft_c2r", extent.dims, normalization, size);
        }
        Expr others = extent.dims.length == 1 ? input : input.call("_fft_c2c", extent.otherDims(), normalization, true);
        return others.conj().call("_fft_c2r", extent.lastDim(), normalization, size);
    }

    private static Expr hermitianInverse(Args n) {
        Expr input = realInput(n);
        Extent extent = extent(n).atLeastOne();
        long normalization = normalization(n, false);
        Expr half = resized(input, extent.dims, extent.sizes).call("_fft_r2c", extent.lastDim(), normalization, true);
        return extent.dims.length == 1
                ? half.conj()
                : half.call("conj_physical").call("_fft_c2c", extent.otherDims(), normalization, false);
    }

    // Order

    private static Declaration shift(String name, String doc, int round) {
        return operator(name + "(Tensor self, int[1]? dim=None) -> Tensor")
                .doc(doc + ", along dimensions")
                .complex()
                .composite(n -> {
                    Shape shape = n.shape("self");
                    long[] dims = n.has("dim") ? listed(n.call(), shape.rank()) : Dims.all(shape.rank());
                    List<Long> shifts = new ArrayList<>();
                    for (long dim : dims) {
                        shifts.add((shape.dim((int) dim) + round) / 2);
                    }
                    return List.of(
                            shifts.isEmpty() ? n.self().call("clone") : n.self().call("roll", shifts, dims));
                })
                .samples("float64[2, 5]", "complex128[3, 4], [1]", "float64[3], 0");
    }
}

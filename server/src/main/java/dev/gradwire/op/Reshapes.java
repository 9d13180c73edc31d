package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/** Other names and combinations of the views. */
final class Reshapes {
    private Reshapes() {}

    static List<Declaration> declarations() {
        return List.of(
                composite(
                                "reshape(Tensor self, int[] shape)",
                                n -> reshaped(n.self(), Views.resized(n.shape("self"), n.ints("shape"), "shape")))
                        .doc("the elements of self in row-major order under another shape; one size may be −1")
                        .complex()
                        .samples("float64[2, 3], [-1]", "complex128[2, 3], [-1]"),
                composite(
                                "reshape_as(Tensor self, Tensor other)",
                                n -> n.arg("self").call("reshape", n.shape("other")))
                        .doc("self with the shape of other")
                        .complex()
                        .samples("float64[2, 3], float64[3, 2]", "complex128[2, 3], complex128[3, 2]"),
                composite(
                                "view_as(Tensor self, Tensor other)",
                                n -> n.arg("self").call("view", n.shape("other")))
                        .doc("self with the shape of other")
                        .complex()
                        .samples("float64[2, 3], float64[3, 2]", "complex128[2, 3], complex128[3, 2]"),
                composite("ravel(Tensor self)", n -> {
                            boolean contiguous = EagerLayout.of(n.self()).isContiguous();
                            Expr self = contiguous ? n.self() : n.self().call("clone");
                            return self.call("view", new long[] {-1});
                        })
                        .doc("all elements of self in one dimension")
                        .complex()
                        .samples("float64[2, 3]", "float64[]", "complex128[]"),
                composite("flatten.using_ints(Tensor self, int start_dim=0, int end_dim=-1)", Reshapes::flatten)
                        .doc("self with neighbouring dimensions joined into one")
                        .complex()
                        .samples("float64[2, 3, 4], 1", "complex128[2, 3, 4], 1"),
                composite("unflatten.int(Tensor self, int dim, int[] sizes)", Reshapes::unflatten)
                        .doc("self with one dimension split into several; one size may be −1")
                        .complex()
                        .samples("float64[2, 6], -1, [3, -1]", "complex128[2, 6], -1, [3, -1]"),
                composite(
                                "expand_as(Tensor self, Tensor other)",
                                n -> n.arg("self").call("expand", n.shape("other")))
                        .doc("self expanded to the shape of other")
                        .complex()
                        .samples("float64[3, 1], float64[2, 3, 4]", "complex128[3, 1], complex128[2, 3, 4]"),
                composite(
                                "broadcast_to(Tensor self, int[] size)",
                                n -> n.arg("self").call("expand", n.raw("size")))
                        .doc("self expanded to a size")
                        .complex()
                        .samples("float64[3, 1], [2, 3, 4]", "complex128[3, 1], [2, 3, 4]"),
                composite("sum_to_size(Tensor self, int[] size)", Reshapes::sumToSize)
                        .doc("self summed along those dimensions along which size broadcasts to its shape")
                        .complex()
                        .samples("float64[2, 3, 4], [3, 1]", "float64[2, 3], []", "complex128[2, 3], []"),
                composite("movedim.intlist(Tensor self, int[] source, int[] destination)", Reshapes::movedim)
                        .overload("movedim.int(Tensor self, int source, int destination) -> Tensor")
                        .alias("moveaxis")
                        .doc("self with some dimensions moved to other places; the rest keep their order")
                        .complex()
                        .samples(
                                "float64[2, 3, 4], [0, 1], [2, 0]",
                                "float64[2, 3, 4], -1, 0",
                                "complex128[2, 3, 4], -1, 0"),
                composite(
                                "swapaxes(Tensor self, int axis0, int axis1)",
                                n -> n.arg("self").call("transpose", n.raw("axis0"), n.raw("axis1")))
                        .doc("self with two dimensions swapped")
                        .complex()
                        .samples("float64[2, 3, 4], 0, -1", "complex128[2, 3, 4], 0, -1"),
                composite(
                                "swapdims(Tensor self, int dim0, int dim1)",
                                n -> n.arg("self").call("transpose", n.raw("dim0"), n.raw("dim1")))
                        .doc("self with two dimensions swapped")
                        .complex()
                        .samples("float64[2, 3, 4], 0, -1", "complex128[2, 3, 4], 0, -1"),
                composite("numpy_T(Tensor self)", n -> {
                            int rank = n.rank("self");
                            return n.arg("self")
                                    .permute(LongStream.range(0, rank)
                                            .map(dim -> rank - 1 - dim)
                                            .toArray());
                        })
                        .doc("self with its dimensions in reverse order")
                        .complex()
                        .samples("float64[2, 3, 4]", "float64[]", "complex128[]"),
                matrixTranspose("mT", UnaryOperator.identity())
                        .doc("self with its last two dimensions swapped")
                        .samples("complex128[2, 3]", "float64[2, 3, 4]"),
                matrixTranspose("mH", Expr::conj)
                        .alias("adjoint")
                        .doc("the conjugate of self with its last two dimensions swapped")
                        .samples("float64[2, 3, 4]", "complex128[2, 3]"),
                composite("matrix_H(Tensor self)", n -> {
                            requireRank(n, n.rank("self") == 0 || n.rank("self") == 2, "2");
                            return n.rank("self") == 0
                                    ? n.arg("self").conj()
                                    : n.arg("self").transpose(0, 1).conj();
                        })
                        .doc("a matrix transposed and conjugated")
                        .complex()
                        .samples("float64[2, 3]", "float64[]", "complex128[2, 3]"),
                composite("narrow(Tensor self, int dim, int start, int length)", Reshapes::narrow)
                        .doc("length elements of a dimension from start on")
                        .complex()
                        .samples("float64[5, 2], 0, -3, 2", "complex128[5, 2], 0, -3, 2"),
                atLeast(1),
                atLeastEach(1),
                atLeast(2),
                atLeastEach(2),
                atLeast(3),
                atLeastEach(3),
                operator("broadcast_tensors(Tensor[] tensors) -> Tensor[]")
                        .doc("tensors expanded to their common shape")
                        .complex()
                        .samples(
                                "[float64[2, 1], float64[3], float64[]]",
                                "[complex128[2, 1], complex128[3], complex128[]]")
                        .composite(Reshapes::broadcast),
                operator("meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]")
                        .overload("meshgrid(Tensor[] tensors) -> Tensor[]")
                        .doc("the coordinates of a grid: each vector along a dimension of its own, expanded to all")
                        .complex()
                        .samples(
                                "[float64[2], float64[3], float64[]], indexing=\"xy\"",
                                "[float64[2], float64[3]]",
                                "[complex128[2], complex128[3]]")
                        .composite(Reshapes::meshgrid),
                composite("cartesian_prod(Tensor[] tensors)", Reshapes::cartesianProduct)
                        .doc("all combinations of elements of vectors, one a row")
                        .complex()
                        .samples("[float64[2], float64[3]]", "[float64[2]]", "[complex128[2]]"));
    }

    /** A composite operator with one result. */
    static Declaration composite(String parameters, Function<Args, Expr> expansion) {
        return operator(parameters + " -> Tensor").composite(n -> List.of(expansion.apply(n)));
    }

    /** A view where PyTorch can make one, else a copy: its grad_fn says which. */
    private static Expr reshaped(Expr self, Shape shape) {
        Layout layout = EagerLayout.of(self);
        if (layout.isContiguous()) {
            return self.call("view", shape);
        }
        Layout viewed = Layouts.view(layout, shape);
        return viewed == null
                ? self.call("clone").call("_unsafe_view", shape)
                : self.call("_reshape_alias", shape, viewed.stridesCopy());
    }

    private static Expr flatten(Args n) {
        int rank = n.rank("self");
        int start = n.dim("start_dim", rank);
        int end = n.dim("end_dim", rank);
        if (start > end) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "end_dim", "dimension " + end + " comes before start_dim " + start);
        }
        if (rank == 0) {
            return reshaped(n.self(), Shape.of(1));
        }
        return start == end ? n.arg("self") : joined(n.arg("self"), start, end);
    }

    /** Dimensions {@code start} to {@code end} as one. */
    static Expr joined(Expr self, int start, int end) {
        long[] sizes = self.shape().dims();
        long size = 1;
        for (int i = start; i <= end; i++) {
            size = Math.multiplyExact(size, sizes[i]);
        }
        LongStream before = Arrays.stream(sizes, 0, start);
        LongStream after = Arrays.stream(sizes, end + 1, sizes.length);
        return reshaped(
                self,
                Shape.of(LongStream.concat(LongStream.concat(before, LongStream.of(size)), after)
                        .toArray()));
    }

    private static Expr unflatten(Args n) {
        Shape shape = n.shape("self");
        int dim = Dims.existing(n.call(), "dim", shape);
        Shape parts = Views.resized(Shape.of(shape.dim(dim)), n.ints("sizes"), "sizes");
        Shape split = shape.withoutDim(dim);
        for (int i = 0; i < parts.rank(); i++) {
            split = split.insertDim(dim + i, parts.dim(i));
        }
        return n.arg("self").call("view", split);
    }

    private static Expr sumToSize(Args n) {
        Shape from = n.shape("self");
        for (long size : n.ints("size")) {
            Require.that(size >= 0, "size", "has the negative size " + size);
        }
        Shape to = Shape.of(n.ints("size"));
        if (!Shape.broadcast(to, from).filter(from::equals).isPresent()) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "size", to + " does not expand to the shape " + from);
        }
        return to.rank() == 0 ? n.arg("self").sumAll() : n.arg("self").sumTo(to);
    }

    private static Expr movedim(Args n) {
        int rank = n.rank("self");
        long[] source = Dims.listed(n.call(), "source", rank);
        long[] destination = Dims.listed(n.call(), "destination", rank);
        if (source.length != destination.length) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "destination",
                    "names " + destination.length + " places for " + source.length + " dimensions");
        }
        if (rank == 0) {
            return n.arg("self").call("alias");
        }
        long[] order = new long[rank];
        Arrays.fill(order, -1);
        for (int i = 0; i < source.length; i++) {
            order[(int) destination[i]] = source[i];
        }
        List<Long> rest = new ArrayList<>(LongStream.range(0, rank)
                .filter(dim -> LongStream.of(source).noneMatch(moved -> moved == dim))
                .boxed()
                .toList());
        for (int i = 0; i < rank; i++) {
            order[i] = order[i] < 0 ? rest.removeFirst() : order[i];
        }
        return n.arg("self").permute(order);
    }

    private static Declaration matrixTranspose(String name, UnaryOperator<Expr> then) {
        return composite(name + "(Tensor self)", n -> {
                    requireRank(n, n.rank("self") >= 2, "at least 2");
                    return then.apply(n.arg("self").transpose(-2, -1));
                })
                .complex();
    }

    private static void requireRank(Args n, boolean fits, String expected) {
        if (!fits) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "self",
                    "must have " + expected + " dimensions, but has shape " + n.shape("self"));
        }
    }

    private static Expr narrow(Args n) {
        Parts.Range range = Parts.narrowed(n.call());
        return n.arg("self").slice(range.dim(), range.start(), range.end());
    }

    private static Declaration atLeast(int rank) {
        return composite("atleast_" + rank + "d(Tensor self)", n -> atLeast(n.arg("self"), rank))
                .doc("self with dimensions of size 1 added until it has " + rank)
                .complex()
                .samples("float64[]", "float64[3]", "float64[2, 3]", "complex128[3]");
    }

    private static Declaration atLeastEach(int rank) {
        return operator("atleast_" + rank + "d.Sequence(Tensor[] tensors) -> Tensor[]")
                .doc("each tensor with dimensions of size 1 added until it has " + rank)
                .complex()
                .samples("[float64[], float64[3]]", "[complex128[], complex128[3]]")
                .composite(n -> n.list("tensors").stream()
                        .map(tensor -> atLeast(tensor, rank))
                        .toList());
    }

    static Expr atLeast(Expr tensor, int rank) {
        if (tensor.rank() >= rank) {
            return tensor;
        }
        return switch (tensor.rank()) {
            case 0 ->
                tensor.call("view", LongStream.generate(() -> 1).limit(rank).toArray());
            case 1 -> rank == 2 ? tensor.unsqueeze(0) : tensor.unsqueeze(0).unsqueeze(-1);
            default -> tensor.unsqueeze(-1);
        };
    }

    private static List<Expr> broadcast(Args n) {
        Shape joint = Shape.SCALAR;
        for (Expr tensor : n.list("tensors")) {
            Shape before = joint;
            joint = Shape.broadcast(joint, tensor.shape())
                    .orElseThrow(() -> GraphException.argument(
                            Reason.SHAPE_MISMATCH,
                            "tensors",
                            "shapes " + before + " and " + tensor.shape() + " do not broadcast"));
        }
        Shape shape = joint;
        return n.list("tensors").stream()
                .map(tensor -> tensor.call("expand", shape))
                .toList();
    }

    private static List<Expr> meshgrid(Args n) {
        String indexing = n.has("indexing") ? n.text("indexing") : "ij";
        if (!indexing.equals("ij") && !indexing.equals("xy")) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "indexing", "must be \"ij\" or \"xy\", but is \"" + indexing + "\"");
        }
        List<Expr> vectors = new ArrayList<>(vectors(n));
        boolean swapped = indexing.equals("xy") && vectors.size() >= 2;
        UnaryOperator<List<Expr>> swap = list -> {
            List<Expr> changed = new ArrayList<>(list);
            if (swapped) {
                changed.set(0, list.get(1));
                changed.set(1, list.get(0));
            }
            return changed;
        };
        vectors = swap.apply(vectors);
        long[] grid =
                vectors.stream().mapToLong(vector -> vector.shape().elements()).toArray();
        List<Expr> coordinates = new ArrayList<>();
        for (int i = 0; i < grid.length; i++) {
            long[] alone = LongStream.generate(() -> 1).limit(grid.length).toArray();
            alone[i] = grid[i];
            coordinates.add(vectors.get(i).call("view", alone).call("expand", grid));
        }
        return swap.apply(coordinates);
    }

    private static List<Expr> vectors(Args n) {
        List<Expr> tensors = n.list("tensors");
        for (Expr tensor : tensors) {
            if (tensor.rank() > 1) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH, "tensors", "must be vectors, but one has shape " + tensor.shape());
            }
        }
        if (tensors.isEmpty()) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "tensors", "must not be an empty list");
        }
        return tensors;
    }

    private static Expr cartesianProduct(Args n) {
        List<Expr> vectors = vectors(n);
        if (vectors.size() == 1) {
            return vectors.getFirst();
        }
        List<Expr> columns = n.calls("meshgrid", vectors).stream()
                .map(grid -> grid.call("reshape", new long[] {-1}))
                .toList();
        return Expr.stack(columns, 1);
    }
}

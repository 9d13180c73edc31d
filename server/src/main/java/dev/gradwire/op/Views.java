package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The same elements under other sizes and strides. */
final class Views {
    /** The grad_fn of views that are also known in place. */
    private static final Map<String, String> IN_PLACE = Map.of(
            "transpose.int", "TransposeBackward1",
            "t", "TBackward1",
            "unsqueeze", "UnsqueezeBackward1",
            "squeeze", "SqueezeBackward3",
            "squeeze.dim", "SqueezeBackward4",
            "squeeze.dims", "SqueezeBackward5");

    private Views() {}

    static List<Declaration> declarations() {
        return Stream.of(
                        views(),
                        inPlace(),
                        copies(views()),
                        copies(Parts.declarations()),
                        copies(Splits.declarations()),
                        copies(Scatters.declarations()))
                .flatMap(List::stream)
                .toList();
    }

    private static List<Declaration> inPlace() {
        return views().stream()
                .filter(view -> IN_PLACE.containsKey(view.canonical().key()))
                .map(view -> view.inPlace(IN_PLACE.getOrDefault(view.canonical().key(), "")))
                .toList();
    }

    /** PyTorch has all views as copies too, except those that promise nothing. */
    private static List<Declaration> copies(List<Declaration> declarations) {
        return declarations.stream()
                .filter(view -> view.isView()
                        && !view.name().contains("unsafe")
                        && !view.name().startsWith("_"))
                .map(Declaration::copy)
                .toList();
    }

    private static List<Declaration> views() {
        return List.of(
                view("view", "ViewBackward0"),
                view("_unsafe_view", "UnsafeViewBackward0"),
                view("_reshape_alias", "ReshapeAliasBackward0"),
                operator("expand(Tensor self, int[] size, *, bool implicit=False) -> Tensor")
                        .doc("self repeated along dimensions of size 1 and along new leading ones; −1 keeps a size")
                        .gradFn("ExpandBackward0")
                        .complex()
                        .types(one(Views::expanded))
                        .vjp("self", n -> n.grad())
                        .view()
                        .batch(ViewBatching::expand)
                        .kernel(
                                "expand",
                                call -> List.of(
                                        call.arg("self"),
                                        Expr.argument(expanded(call).shape()),
                                        call.arg("implicit")))
                        .samples(
                                "float64[3, 1], [2, 3, 4]",
                                "float64[1, 3], [-1, 3]",
                                "float64[], [2]",
                                "float64[1], [0]",
                                "complex128[3, 1], [2, 3, 4]"),
                operator("permute(Tensor self, int[] dims) -> Tensor")
                        .doc("self with its dimensions in another order")
                        .gradFn("PermuteBackward0")
                        .complex()
                        .types(one(call -> permuted(call.type("self"), permutation(call))))
                        .vjp("self", n -> n.grad().permute(inverse(permutation(n.call()))))
                        .view()
                        .batch(ViewBatching::permute)
                        .kernel("permute")
                        .samples(
                                "float64[2, 3, 4], [1, -1, 0]",
                                "float64[3, 0], [1, 0]",
                                "float64[], []",
                                "complex128[2, 3], [1, 0]"),
                operator("transpose.int(Tensor self, int dim0, int dim1) -> Tensor")
                        .doc("self with two dimensions swapped")
                        .gradFn("TransposeBackward0")
                        .complex()
                        .types(one(call -> permuted(call.type("self"), swap(call, "dim0", "dim1"))))
                        .vjp("self", n -> n.grad().call("transpose", n.raw("dim0"), n.raw("dim1")))
                        .view()
                        .batch(Batch.along("self", "dim0", "dim1"))
                        .kernel("transpose.int")
                        .samples(
                                "float64[2, 3, 4], 0, -1",
                                "float64[3], 0, 0",
                                "float64[], 0, -1",
                                "complex128[2, 3], 0, 1"),
                operator("t(Tensor self) -> Tensor")
                        .doc("a matrix transposed; tensors of fewer dimensions as they are")
                        .gradFn("TBackward0")
                        .complex()
                        .types(one(call -> permuted(call.type("self"), matrixTranspose(call))))
                        .vjp("self", n -> n.grad().call("t"))
                        .view()
                        .batch(ViewBatching::t)
                        .kernel("t")
                        .samples("float64[2, 3]", "float64[3]", "float64[]", "complex128[2, 3]"),
                operator("unsqueeze(Tensor self, int dim) -> Tensor")
                        .doc("self with a new dimension of size 1")
                        .gradFn("UnsqueezeBackward0")
                        .complex()
                        .types(one(call ->
                                call.type("self").withShape(call.shape("self").insertDim(newDim(call), 1))))
                        .vjp("self", n -> n.grad().squeeze(newDim(n.call())))
                        .view()
                        .batch(Batch.reshaping())
                        .kernel("unsqueeze")
                        .samples("float64[2, 3], 1", "float64[2, 3], -1", "float64[], 0", "complex128[2, 3], 1"),
                squeeze("squeeze(Tensor self)", "SqueezeBackward0", Views::every)
                        .samples("float64[1, 3, 1]", "float64[]", "complex128[1, 3]"),
                squeeze("squeeze.dim(Tensor self, int dim)", "SqueezeBackward1", Views::named)
                        .samples("float64[2, 1, 3], -2", "float64[2, 3], 0", "float64[], 0", "complex128[1, 3], 0"),
                squeeze("squeeze.dims(Tensor self, int[] dim)", "SqueezeBackward2", Views::named)
                        .samples("float64[1, 2, 1, 1], [0, -1]", "float64[2, 1], []", "complex128[1, 2, 1], [0, -1]"),
                operator("alias(Tensor self) -> Tensor")
                        .doc("self under another name")
                        .gradFn("AliasBackward0")
                        .complex()
                        .types(one(call -> call.type("self")))
                        .vjp("self", n -> n.grad())
                        .view()
                        .batch(Batch.leading())
                        .kernel("alias")
                        .samples("float64[2, 3]", "complex128[2]"));
    }

    private static Declaration view(String name, String gradFn) {
        String strides = name.equals("_reshape_alias") ? ", int[] stride" : "";
        return operator(name + "(Tensor self, int[] size" + strides + ") -> Tensor")
                .doc("the elements of self in row-major order under another shape; one size may be −1")
                .gradFn(gradFn)
                .complex()
                .types(one(call -> call.type("self").withShape(resized(call.shape("self"), call.ints("size"), "size"))))
                .vjp("self", n -> n.grad().reshape(n.shape("self")))
                .view()
                .batch(Batch.reshaping())
                .kernel(
                        "view",
                        call -> List.of(
                                call.arg("self"),
                                Expr.argument(resized(call.shape("self"), call.ints("size"), "size"))))
                .samples(Stream.of(
                                "float64[2, 3], [3, -1]",
                                "float64[2, 0], [0, 5]",
                                "float64[], [1, 1]",
                                "float64[1], []",
                                "complex128[2, 3], [3, -1]")
                        .map(sample -> strides.isEmpty() ? sample : sample + ", []")
                        .toArray(String[]::new));
    }

    /** The shape asked for, with its −1 found out. */
    static Shape resized(Shape from, long[] sizes, String parameter) {
        long[] target = sizes.clone();
        int open = -1;
        long known = 1;
        for (int i = 0; i < target.length; i++) {
            if (target[i] == -1 && open < 0) {
                open = i;
            } else {
                known = Math.multiplyExact(known, requireSize(parameter, target[i]));
            }
        }
        boolean fits = open < 0 ? known == from.elements() : known != 0 && from.elements() % known == 0;
        if (!fits) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    parameter,
                    "shape " + Arrays.toString(sizes) + " does not fit the " + from.elements()
                            + " elements of a tensor of shape " + from);
        }
        if (open >= 0) {
            target[open] = from.elements() / known;
        }
        return Shape.of(target);
    }

    private static long requireSize(String parameter, long size) {
        if (size < 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, parameter, "has the negative size " + size);
        }
        return size;
    }

    private static TensorType expanded(Call call) {
        Shape from = call.shape("self");
        long[] sizes = call.ints("size");
        int added = sizes.length - from.rank();
        boolean fits = added >= 0;
        for (int i = 0; i < sizes.length && fits; i++) {
            long own = i < added ? 1 : from.dim(i - added);
            sizes[i] = sizes[i] == -1 && i >= added ? own : requireSize("size", sizes[i]);
            fits = own == 1 || own == sizes[i];
        }
        if (!fits) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "size",
                    "a tensor of shape " + from + " does not expand to " + Arrays.toString(call.ints("size")));
        }
        return call.type("self").withShape(Shape.of(sizes));
    }

    private static TensorType permuted(TensorType type, long[] dims) {
        return type.withShape(Shape.of(
                LongStream.of(dims).map(dim -> type.shape().dim((int) dim)).toArray()));
    }

    private static long[] permutation(Call call) {
        int rank = call.type("self").rank();
        long[] dims = call.ints("dims");
        if (dims.length != rank) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "dims",
                    "names " + dims.length + " dimensions for a tensor of shape " + call.shape("self"));
        }
        return Dims.listed(call, "dims", rank);
    }

    private static long[] inverse(long[] permutation) {
        long[] inverse = new long[permutation.length];
        IntStream.range(0, permutation.length).forEach(i -> inverse[(int) permutation[i]] = i);
        return inverse;
    }

    private static long[] swap(Call call, String first, String second) {
        int rank = call.type("self").rank();
        int a = Dims.normalize(call, first, rank);
        int b = Dims.normalize(call, second, rank);
        return LongStream.range(0, rank)
                .map(dim -> dim == a ? b : dim == b ? a : dim)
                .toArray();
    }

    private static long[] matrixTranspose(Call call) {
        int rank = call.type("self").rank();
        if (rank > 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "self",
                    "must have at most 2 dimensions, but has shape " + call.shape("self"));
        }
        return LongStream.range(0, rank).map(dim -> rank - 1 - dim).toArray();
    }

    private static int newDim(Call call) {
        return Dims.normalize(call, "dim", call.type("self").rank() + 1);
    }

    private static long[] every(Call call) {
        return LongStream.range(0, call.type("self").rank()).toArray();
    }

    private static long[] named(Call call) {
        return Dims.listed(call, "dim", call.type("self").rank());
    }

    private static Declaration squeeze(String parameters, String gradFn, Function<Call, long[]> dims) {
        return operator(parameters + " -> Tensor")
                .doc("self without those of the dimensions that have size 1")
                .gradFn(gradFn)
                .complex()
                .types(one(call ->
                        call.type("self").withShape(Dims.reduce(call.shape("self"), ofSizeOne(call, dims), false))))
                .vjp("self", n -> n.grad().reshape(n.shape("self")))
                .view()
                .batch(Batch.reshaping())
                .kernel(
                        "squeeze.dims",
                        call -> List.<Argument>of(call.arg("self"), Expr.argument(ofSizeOne(call, dims))));
    }

    private static long[] ofSizeOne(Call call, Function<Call, long[]> dims) {
        Shape shape = call.shape("self");
        return LongStream.of(dims.apply(call))
                .filter(dim -> shape.dim((int) dim) == 1)
                .toArray();
    }
}

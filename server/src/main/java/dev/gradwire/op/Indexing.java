package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reshapes.composite;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Elements by their indices along one dimension, and their transposes: what has one index twice adds up. */
final class Indexing {
    private Indexing() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("index_select(Tensor self, int dim, Tensor index) -> Tensor")
                        .doc("the slices of self at indices of a dimension")
                        .samples(
                                "complex128[3, 2], 0, int64[4]{0..2}",
                                "float64[3, 2], 0, int64[4]{0..2}",
                                "float64[2, 3], -1, int64[]",
                                "float64[], 0, int64[1]{0..0}")
                        .gradFn("IndexSelectBackward0")
                        .complex()
                        .types(one(call -> slices(call, index(call, "index").elements())))
                        .vjp(
                                "self",
                                n -> n.full(n.type("self"), 0)
                                        .call("index_add", n.raw("dim"), n.arg("index"), n.grad()))
                        .batch(IndexBatching::select)
                        .kernel("index_select"),
                operator("index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor")
                        .doc("self with the slices of source, times alpha, added at indices of a dimension")
                        .samples(
                                "complex128[3, 2], 0, int64[4]{0..2}, complex128[4, 2], alpha=complex(0.5, 1.0)",
                                "float64[3, 2], 0, int64[4]{0..2}, float64[4, 2], alpha=0.5",
                                "float64[], 0, int64[1]{0..0}, float64[]")
                        .gradFn("IndexAddBackward0")
                        .complex()
                        .types(one(Indexing::withSource))
                        .vjp("self", n -> n.grad())
                        .vjp(
                                "source",
                                n -> Products.scaled(
                                        selected(n), n.arg("alpha").conj().argument()))
                        .decompose(Indexing::add),
                operator("index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor")
                        .doc("self with the slices of source at indices of a dimension")
                        .samples(
                                "complex128[3, 2], 1, int64[1], complex128[3, 1]",
                                "float64[3, 2], 1, int64[1], float64[3, 1]")
                        .gradFn("IndexCopyBackward0")
                        .complex()
                        .types(one(Indexing::withSource))
                        .vjp("self", n -> n.grad().call("index_fill", n.raw("dim"), n.arg("index"), 0))
                        .vjp("source", Indexing::selected)
                        .batch(IndexBatching::copy)
                        .kernel("index_copy"),
                fill("Scalar", "IndexFillBackward0"),
                fill("Tensor", "IndexFillBackward1")
                        .vjp(
                                "value",
                                n -> n.grad()
                                        .sub(n.grad().call("index_fill", n.raw("dim"), n.arg("index"), 0))
                                        .sumAll()),
                operator("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor")
                        .doc("for each element of index, the element of self with that index along a dimension")
                        .samples(
                                "complex128[3, 2], 0, int64[4, 2]{0..2}",
                                "float64[3, 2], 0, int64[4, 2]{0..2}",
                                "float64[2, 3], -1, int64[1, 2]{0..2}")
                        .gradFn("GatherBackward0")
                        .complex()
                        .types(one(call -> {
                            requireWithin(call, "self", false);
                            return call.type("self").withShape(call.shape("index"));
                        }))
                        .vjp(
                                "self",
                                n -> n.full(n.type("self"), 0)
                                        .call("scatter_add", n.raw("dim"), n.arg("index"), n.grad()))
                        .batch(IndexBatching::gather)
                        .kernel("gather"),
                operator("scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor")
                        .doc("self with value at indices along a dimension")
                        .samples(
                                "complex128[3, 2], 0, int64[1, 2]{0..2}, complex(2.5, 1.0)",
                                "float64[3, 2], 0, int64[1, 2]{0..2}, 2.5")
                        .gradFn("ScatterBackward1")
                        .complex()
                        .types(one(call -> {
                            Require.fits(
                                    "value",
                                    call.arg("value"),
                                    call.type("self").dtype());
                            requireWithin(call, "self", false);
                            return call.type("self");
                        }))
                        .vjp("self", n -> n.grad().call("scatter", n.raw("dim"), n.arg("index"), 0))
                        .batch(IndexBatching::scatter)
                        .kernelWhere("scatter.value", call -> !(call.arg("value") instanceof Argument.Complex))
                        .decompose(n -> {
                            Expr value = n.arg("value").as(n.type("self").dtype());
                            return n.self()
                                    .call("scatter", n.raw("dim"), n.arg("index"), value.expand(n.shape("index")));
                        }),
                operator("scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor")
                        .doc("self with each element of src at its index along a dimension")
                        .samples(
                                "complex128[3, 2], 0, int64[1, 2]{0..2}, complex128[1, 2]",
                                "float64[3, 2], 0, int64[1, 2]{0..2}, float64[1, 2]",
                                "float64[3, 2], 0, int64[1, 2]{0..2}, float64[2, 3]")
                        .gradFn("ScatterBackward0")
                        .complex()
                        .types(one(Indexing::scattered))
                        .vjp("self", n -> n.grad().call("scatter", n.raw("dim"), n.arg("index"), 0))
                        .vjp("src", Indexing::gathered)
                        .batch(IndexBatching::scatter)
                        .kernel("scatter.src"),
                operator("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor")
                        .doc("self with each element of src added at its index along a dimension")
                        .gradFn("ScatterAddBackward0")
                        .complex()
                        .types(one(Indexing::scattered))
                        .vjp("self", n -> n.grad())
                        .vjp("src", Indexing::gathered)
                        .batch(IndexBatching::scatter)
                        .kernel("scatter_add")
                        .samples(
                                "complex128[3, 2], 0, int64[4, 2]{0..2}, complex128[4, 2]",
                                "float64[3, 2], 0, int64[4, 2]{0..2}, float64[4, 2]"),
                operator("take(Tensor self, Tensor index) -> Tensor")
                        .doc("the elements of self at indices in row-major order")
                        .samples("complex128[2, 3], int64[4]{-6..5}", "float64[2, 3], int64[4]{-6..5}")
                        .gradFn("TakeBackward0")
                        .complex()
                        .types(one(call -> call.type("self").withShape(index(call, "index"))))
                        .vjp("self", n -> n.full(n.type("self"), 0).call("put", n.arg("index"), n.grad(), true))
                        .batch(IndexBatching::take)
                        .kernel("take"),
                operator("put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor")
                        .doc("self with the elements of source at indices in row-major order")
                        .samples(
                                "complex128[2, 3], int64[4]{0..5}, complex128[4], True",
                                "float64[2, 3], int64[1]{0..5}, float64[1]",
                                "float64[2, 3], int64[4]{0..5}, float64[4], True")
                        .gradFn("PutBackward0")
                        .complex()
                        .types(one(call -> {
                            requireDtype(call, "source");
                            if (index(call, "index").elements()
                                    != call.shape("source").elements()) {
                                throw mismatch(call, "source", "index");
                            }
                            return call.type("self");
                        }))
                        .vjp(
                                "self",
                                n -> n.bool("accumulate")
                                        ? n.grad()
                                        : n.grad().call("put", n.arg("index"), n.full(n.type("source"), 0)))
                        .vjp(
                                "source",
                                n -> n.grad().call("take", n.arg("index")).reshape(n.shape("source")))
                        .batch(IndexBatching::put)
                        .kernel("put"),
                composite("take_along_dim(Tensor self, Tensor indices, int? dim=None)", Indexing::takeAlongDim)
                        .doc("gather with self and indices broadcast against each other; without dim, of all elements")
                        .complex()
                        .samples(
                                "float64[2, 3], int64[1, 2]{0..2}, 1",
                                "float64[2, 3], int64[4]{0..5}",
                                "complex128[2, 3], int64[4]{0..5}"));
    }

    /** The shape of a tensor of indices. */
    static Shape index(Call call, String parameter) {
        TensorType type = call.type(parameter);
        if (type.dtype() != DType.INT64
                && type.dtype() != DType.INT32
                && type.shape().elements() > 0) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    parameter,
                    "must be int64 or int32, but is " + type.dtype().label());
        }
        return type.shape();
    }

    private static void requireDtype(Call call, String source) {
        if (call.type(source).dtype() != call.type("self").dtype()) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH,
                    source,
                    "is " + call.type(source).dtype().label() + ", but self is "
                            + call.type("self").dtype().label());
        }
    }

    private static GraphException mismatch(Call call, String a, String b) {
        return GraphException.argument(
                Reason.SHAPE_MISMATCH,
                a,
                "shape " + call.shape(a) + " does not fit " + b + " of shape " + call.shape(b));
    }

    /** {@code self} with so many slices along {@code dim}; a scalar has one. */
    private static TensorType slices(Call call, long count) {
        Shape shape = call.shape("self");
        int dim = Dims.normalize(call, "dim", shape.rank());
        if (call.type("index").rank() > 1 || shape.rank() == 0 && count != 1) {
            throw mismatch(call, "index", "self");
        }
        return call.type("self").withShape(shape.rank() == 0 ? shape : shape.withDim(dim, count));
    }

    static TensorType withSource(Call call) {
        requireDtype(call, "source");
        Shape expected = slices(call, index(call, "index").elements()).shape();
        Shape source = call.shape("source");
        // A scalar's one slice may come as a vector of one, and the other way round.
        boolean single = expected.rank() <= 1 && source.rank() <= 1 && expected.elements() == source.elements();
        if (!source.equals(expected) && !single) {
            throw mismatch(call, "source", "index");
        }
        return call.type("self");
    }

    private static Expr selected(Backward n) {
        return n.grad().call("index_select", n.raw("dim"), n.arg("index")).reshape(n.shape("source"));
    }

    /** {@code self[:, …, index] += alpha · source} */
    private static Expr add(Args n) {
        Shape shape = n.rank("self") == 0 ? Shape.of(1) : n.shape("self");
        int dim = n.dim("dim", shape.rank());
        long count = index(n.call(), "index").elements();
        Expr source = Products.scaled(n.arg("source"), n.raw("alpha"))
                .to(n.type("self").dtype())
                .reshape(shape.withDim(dim, count));
        Expr sum = n.arg("self")
                .reshape(shape)
                .call("index_put", Indices.along(dim, n.arg("index").reshape(count)), source, true);
        return sum.reshape(n.shape("self"));
    }

    private static Declaration fill(String value, String gradFn) {
        return operator("index_fill.int_" + value + "(Tensor self, int dim, Tensor index, " + value
                        + " value) -> Tensor")
                .doc("self with value at indices of a dimension")
                .gradFn(gradFn)
                .complex()
                .types(one(call -> {
                    Require.fits("value", call.arg("value"), call.type("self").dtype());
                    Require.that(
                            call.type("self").dtype().isComplex()
                                    || !call.type("value").dtype().isComplex()
                                    || call.arg("value").isNumber(),
                            "value",
                            "is complex, but self is not");
                    slices(call, index(call, "index").elements());
                    if (call.type("value").rank() != 0) {
                        throw GraphException.argument(
                                Reason.SHAPE_MISMATCH, "value", "must be 0-dimensional, but is " + call.type("value"));
                    }
                    return call.type("self");
                }))
                .vjp("self", n -> n.grad().call("index_fill", n.raw("dim"), n.arg("index"), 0))
                .batch(IndexBatching::fill)
                .kernelWhere("index_fill.int_" + value, call -> !(call.arg("value") instanceof Argument.Complex))
                .decompose(n -> n.self()
                        .call(
                                "index_fill.int_Tensor",
                                n.raw("dim"),
                                n.arg("index"),
                                n.arg("value").as(n.type("self").dtype())))
                .samples(
                        "float64[3, 2], 0, int64[2]{0..2}, " + (value.equals("Tensor") ? "float64[]" : "2.5"),
                        "complex128[3, 2], 0, int64[2]{0..2}, "
                                + (value.equals("Tensor") ? "complex128[]" : "complex(2.5, 1.0)"));
    }

    /** Whether an index lies within a tensor's shape, except along {@code dim} unless that counts too. */
    private static void requireWithin(Call call, String tensor, boolean everywhere) {
        Shape index = index(call, "index");
        Shape shape = call.shape(tensor);
        int dim = Dims.normalize(call, "dim", call.type("self").rank());
        if (index.elements() == 0) {
            return;
        }
        boolean fits = Math.max(1, index.rank()) == Math.max(1, shape.rank())
                && IntStream.range(0, Math.min(index.rank(), shape.rank()))
                        .allMatch(i -> i == dim && !everywhere || index.dim(i) <= shape.dim(i));
        if (!fits) {
            throw mismatch(call, "index", tensor);
        }
    }

    static TensorType scattered(Call call) {
        requireDtype(call, "src");
        requireWithin(call, "self", false);
        requireWithin(call, "src", true);
        return call.type("self");
    }

    /** What was not scattered of a source larger than its index gets zeros. */
    private static @Nullable Expr gathered(Backward n) {
        if (n.shape("index").elements() == 0) {
            return null;
        }
        Expr gathered = n.grad().call("gather", n.raw("dim"), n.arg("index"));
        Shape source = n.shape("src");
        if (gathered.shape().elements() == source.elements()) {
            return gathered.reshape(source);
        }
        if (gathered.shape().elements() == 0) {
            return n.full(n.type("src"), 0);
        }
        long[] pad = new long[2 * source.rank()];
        for (int i = 0; i < source.rank(); i++) {
            pad[2 * (source.rank() - 1 - i) + 1] = source.dim(i) - gathered.size(i);
        }
        return gathered.call("constant_pad_nd", pad, 0);
    }

    private static Expr takeAlongDim(Args n) {
        Expr self = n.arg("self");
        Expr indices = n.arg("indices");
        if (!n.has("dim")) {
            return self.call("view", new long[] {-1}).call("gather", 0, indices.call("view", new long[] {-1}));
        }
        if (self.rank() != indices.rank()) {
            throw mismatch(n.call(), "indices", "self");
        }
        int dim = Dims.existing(n.call(), "dim", self.shape());
        Shape joint = Shape.broadcast(
                        self.shape().withDim(dim, 1), indices.shape().withDim(dim, 1))
                .orElseThrow(() -> mismatch(n.call(), "indices", "self"));
        return self.call("expand", joint.withDim(dim, self.size(dim)))
                .call(
                        "gather",
                        dim,
                        indices.call("remainder", self.size(dim))
                                .call("expand", joint.withDim(dim, indices.size(dim))));
    }
}

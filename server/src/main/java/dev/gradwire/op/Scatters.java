package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** A tensor with another in the place of one of its views; and views whose place is data or free strides. */
final class Scatters {
    private Scatters() {}

    static List<Declaration> declarations() {
        return List.of(
                into("select", "SelectScatterBackward0", ", int dim, int index", Parts::selected, "dim")
                        .samples("float64[2, 3], float64[2], 1, -1", "complex128[2, 3], complex128[2], 1, -1"),
                into(
                                "slice",
                                "SliceScatterBackward0",
                                ", int dim=0, int? start=None, int? end=None, int step=1",
                                Parts::sliced,
                                "dim")
                        .samples(
                                "float64[5, 2], float64[2, 2], 0, 1, 4, 2",
                                "complex128[5, 2], complex128[2, 2], 0, 1, 4, 2"),
                into(
                                "diagonal",
                                "DiagonalScatterBackward0",
                                ", int offset=0, int dim1=0, int dim2=1",
                                Parts::diagonalOf,
                                "dim1",
                                "dim2")
                        .samples(
                                "float64[3, 4], float64[3]",
                                "float64[3, 2, 4], float64[2, 2], -1, 0, 2",
                                "complex128[3, 4], complex128[3]"),
                operator("narrow.Tensor(Tensor self, int dim, Tensor start, int length) -> Tensor")
                        .doc("length elements of a dimension from a start on that is data")
                        .samples(
                                "complex128[5, 2], 0, int64[]{-3..-3}, 2",
                                "float64[5, 2], 0, int64[]{-3..-3}, 2",
                                "float64[5], 0, int64[]{1..1}, 3")
                        .gradFn("SliceBackward0")
                        .complex()
                        .types(one(Scatters::narrowed))
                        .vjp(
                                "self",
                                n -> n.full(n.type("self"), 0).call("index_add", n.raw("dim"), places(n), n.grad()))
                        .decompose(n -> n.self().call("index_select", n.raw("dim"), places(n))),
                operator("as_strided(" + STRIDED + ") -> Tensor")
                        .doc("the elements of self, in row-major order, at offset + Σ index · stride")
                        .gradFn("AsStridedBackward0")
                        .complex()
                        .types(one(call -> strided(call)))
                        .vjp("self", n -> n.full(n.type("self"), 0).call("put", positions(n), n.grad(), true))
                        .view()
                        .batch(ViewBatching::asStrided)
                        .kernel("as_strided", call -> {
                            // Without elements, strides and offset point nowhere.
                            boolean empty = strided(call).shape().elements() == 0;
                            return List.of(
                                    call.arg("self"),
                                    call.arg("size"),
                                    call.arg("stride"),
                                    empty ? new Argument.Int(0) : call.arg("storage_offset"));
                        })
                        .samples(
                                "float64[3, 3], [2, 2], [1, 2], 1",
                                "float64[4], [2, 2], [1, 1]",
                                "complex128[4], [2, 2], [1, 1]"),
                operator(
                                "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None)"
                                        + " -> Tensor")
                        .doc("self with src at the places that as_strided reads")
                        .gradFn("AsStridedScatterBackward0")
                        .complex()
                        .types(one(call -> {
                            Require.sameDtype(call, "self", "src");
                            Require.shape(call, "src", strided(call).shape(), "as_strided");
                            return call.type("self");
                        }))
                        .vjp("self", n -> n.grad().call("put", positions(n), n.full(n.type("src"), 0)))
                        .vjp(
                                "src",
                                n -> n.grad()
                                        .call("as_strided", n.raw("size"), n.raw("stride"), n.raw("storage_offset")))
                        .decompose(n -> n.self().call("put", positions(n), n.arg("src")))
                        .samples(
                                "float64[3, 3], float64[2, 2], [2, 2], [1, 2], 1",
                                "complex128[3, 3], complex128[2, 2], [2, 2], [1, 2], 1"));
    }

    private static final String STRIDED = "Tensor self, int[] size, int[] stride, int? storage_offset=None";

    /** {@code (select|slice|diagonal)_scatter} from the view's own parameters and type rule. */
    private static Declaration into(
            String view, String gradFn, String parameters, BiFunction<Call, Shape, TensorType> part, String... dims) {
        String name = view + "_scatter";
        Function<Backward, Object[]> place =
                n -> n.call().args().subList(2, n.call().args().size()).toArray();
        return operator(name + "(Tensor self, Tensor src" + parameters + ") -> Tensor")
                .doc("self with src in the place of its " + view)
                .gradFn(gradFn)
                .complex()
                .types(one(call -> {
                    Require.sameDtype(call, "self", "src");
                    Require.shape(
                            call, "src", part.apply(call, call.shape("self")).shape(), view);
                    return call.type("self");
                }))
                .vjp("self", n -> {
                    Object[] zeros = {n.full(n.type("src"), 0)};
                    return n.grad()
                            .call(
                                    name,
                                    Stream.of(zeros, place.apply(n))
                                            .flatMap(Stream::of)
                                            .toArray());
                })
                .vjp("src", n -> n.grad().call(view, place.apply(n)))
                .batch(Batch.along("self", dims))
                .kernel(name);
    }

    private static TensorType narrowed(Call call) {
        Shape shape = call.shape("self");
        int dim = Dims.existing(call, "dim", shape);
        TensorType start = call.type("start");
        long length = call.integer("length");
        boolean integer = start.dtype() == DType.INT64 || start.dtype() == DType.INT32;
        if (!integer || start.shape().elements() != 1 || start.rank() > 0) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED, "start", "must be an int64 without dimensions, but is " + start);
        }
        if (length < 0 || length > shape.dim(dim)) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "length", length + " does not fit dimension " + dim + " of shape " + shape);
        }
        return call.type("self").withShape(shape.withDim(dim, length));
    }

    /** start, start + 1, …, where a negative start counts from the end. */
    private static Expr places(Args n) {
        Expr start = n.arg("start").to(DType.INT64);
        Expr fromEnd = start.add(n.shape("self").dim(n.dim("dim", n.rank("self"))));
        return n.call("arange", n.integer("length")).add(start.lt(0).where(fromEnd, start));
    }

    private static TensorType strided(Call call) {
        long[] sizes = call.ints("size");
        long[] strides = call.ints("stride");
        long offset = call.integer("storage_offset", 0);
        Require.that(sizes.length == strides.length, "stride", "must have an entry for each size");
        Require.that(offset >= 0, "storage_offset", "must not be negative, but is " + offset);
        long last = offset;
        for (int i = 0; i < sizes.length; i++) {
            Require.that(sizes[i] >= 0, "size", "has the negative size " + sizes[i]);
            Require.that(strides[i] >= 0, "stride", "has the negative stride " + strides[i]);
            last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[i] - 1), strides[i]));
        }
        Shape result = Shape.of(sizes);
        long elements = call.shape("self").elements();
        if (result.elements() > 0 && last >= elements) {
            throw Require.shape(
                    "stride", "element " + last + " is beyond the " + elements + " of shape " + call.shape("self"));
        }
        return call.type("self").withShape(result);
    }

    /** For each element of {@code as_strided} its place in row-major order. */
    private static Expr positions(Args n) {
        long[] sizes = n.ints("size");
        long[] strides = n.ints("stride");
        Expr sum = n.full(
                new TensorType(DType.INT64, Shape.of(sizes)), (double) n.call().integer("storage_offset", 0));
        for (int i = 0; i < sizes.length; i++) {
            long[] alone = new long[sizes.length];
            java.util.Arrays.fill(alone, 1);
            alone[i] = sizes[i];
            sum = sum.add(n.call("arange", sizes[i]).mul(strides[i]).reshape(alone));
        }
        return sum;
    }
}

package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Indexing where a mask says so. */
final class MaskedIndexing {
    private MaskedIndexing() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("masked_select(Tensor self, Tensor mask) -> Tensor")
                        .doc("the elements of self where mask, a constant of the graph, is true, in a vector")
                        .complex()
                        .composite(n -> List.of(Masks.select(n)))
                        .unsampled("its mask is a constant: see _masked_select"),
                operator("_masked_select(Tensor self, Tensor places, int[] size) -> Tensor")
                        .doc("the elements of self, expanded to size, at places in row-major order")
                        .gradFn("MaskedSelectBackward0")
                        .complex()
                        .types(one(call -> call.type("self").withShape(call.shape("places"))))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .full(
                                                n.type("self")
                                                        .withShape(Shape.of(Shape.of(n.ints("size"))
                                                                .elements())),
                                                0)
                                        .call("index_add", 0, n.arg("places"), n.grad())
                                        .reshape(Shape.of(n.ints("size")))
                                        .sumTo(n.shape("self")))
                        .decompose(n -> n.self()
                                .expand(Shape.of(n.ints("size")))
                                .call("reshape", new long[] {-1})
                                .call("index_select", 0, n.arg("places")))
                        .internal(),
                operator("masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor")
                        .doc("self with the elements of source, in their order, where the mask is true")
                        .samples("float64[2, 3], bool[2, 3], float64[6]", "complex128[2, 3], bool[2, 3], complex128[6]")
                        .gradFn("MaskedScatterBackward0")
                        .complex()
                        .types(one(call -> {
                            Require.sameDtype(call, "self", "source");
                            requireMask(call);
                            return call.type("self").withShape(Elementwise.broadcast(call, List.of("self", "mask")));
                        }))
                        .vjp("self", n -> n.grad().maskedBy(n.arg("mask").not()))
                        .vjp(
                                "source",
                                n -> n.full(n.type("source"), 0)
                                        .call("put", order(n), n.grad().maskedBy(n.arg("mask")), true))
                        .decompose(n -> n.shape("source").elements() == 0
                                ? n.arg("mask").where(n.self(), n.self())
                                : n.arg("mask").where(n.arg("source").call("take", order(n)), n.self())),
                operator("_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill) -> Tensor")
                        .doc("self[indices] where the mask is true, fill elsewhere, whatever the indices are there")
                        .samples(
                                "float64[3, 2], bool[4], [int64[4]{0..2}, int64[4]{0..1}], 0.5",
                                "complex128[3, 2], bool[4], [int64[4]{0..2}, int64[4]{0..1}], complex(0.5, 1.0)")
                        .gradFn("UnsafeMaskedIndexBackward0")
                        .complex()
                        .types(one(call -> {
                            requireMask(call);
                            Require.fits(
                                    "fill", call.arg("fill"), call.type("self").dtype());
                            Shape indexed = Indices.indexed(call);
                            return call.type("self")
                                    .withShape(Shape.broadcast(indexed, call.shape("mask"))
                                            .orElseThrow(() -> Require.shape(
                                                    "mask",
                                                    "has shape " + call.shape("mask") + ", but self[indices] "
                                                            + indexed)));
                        }))
                        .vjp(
                                "self",
                                n -> n.full(n.type("self"), 0)
                                        .call(
                                                "_unsafe_masked_index_put_accumulate",
                                                n.arg("mask"),
                                                n.raw("indices"),
                                                n.grad()))
                        .decompose(n -> n.arg("mask")
                                .where(n.self().call("index", inside(n)), n.raw("fill"))
                                .to(n.type("self").dtype())),
                operator(
                                "_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices, Tensor values)"
                                        + " -> Tensor")
                        .doc("self with values added at indices where the mask is true")
                        .samples(
                                "float64[3, 2], bool[4], [int64[4]{0..2}, int64[4]{0..1}], float64[4]",
                                "complex128[3, 2], bool[4], [int64[4]{0..2}, int64[4]{0..1}], complex128[4]")
                        .gradFn("UnsafeMaskedIndexPutAccumulateBackward0")
                        .complex()
                        .types(one(call -> {
                            requireMask(call);
                            Shape indexed = Indices.indexed(call);
                            Shape values = Elementwise.broadcast(call, List.of("values", "mask"));
                            if (!Shape.broadcast(values, indexed)
                                    .filter(indexed::equals)
                                    .isPresent()) {
                                throw Require.shape("values", "do not expand to " + indexed);
                            }
                            return call.type("self");
                        }))
                        .vjp("self", n -> n.grad())
                        .vjp("values", n -> n.grad().call("_unsafe_masked_index", n.arg("mask"), n.raw("indices"), 0))
                        .decompose(n -> n.self()
                                .call(
                                        "index_put",
                                        inside(n),
                                        n.arg("values")
                                                .maskedBy(n.arg("mask"))
                                                .to(n.type("self").dtype()),
                                        true)));
    }

    private static void requireMask(Call call) {
        Require.that(call.type("mask").dtype() == DType.BOOL, "mask", "must be bool, but is " + call.type("mask"));
    }

    /** For each place the number of true ones before it: which element of source it takes. */
    private static Expr order(Args n) {
        Shape shape = Elementwise.broadcast(n.call(), List.of("self", "mask"));
        Expr count = n.arg("mask")
                .expand(shape)
                .reshape(shape.elements())
                .call("cumsum", 0)
                .sub(1);
        long last = Math.max(0, n.shape("source").elements() - 1);
        return count.call("clamp", 0, last).reshape(shape);
    }

    /** Indices that are surely in range: what is not is masked. */
    private static List<Argument> inside(Args n) {
        List<Argument> inside = new ArrayList<>();
        List<Argument> indices = n.call().items("indices");
        for (int i = 0; i < indices.size(); i++) {
            if (indices.get(i) instanceof Value index) {
                long size = n.shape("self").dim(i);
                inside.add(Expr.of(n.builder(), index)
                        .call("clamp", -size, size - 1)
                        .argument());
            } else {
                inside.add(indices.get(i));
            }
        }
        return inside;
    }
}

package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reshapes.composite;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** Elements in order of size. A cotangent goes back to the places that the indices name. */
final class Sorting {
    private Sorting() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)")
                        .doc("self in order along a dimension, and where each element came from")
                        .gradFn("SortBackward0")
                        .types(Sorting::sorted)
                        .vjp("self", Sorting::unsorted)
                        .batch(Batch.along("self", "dim"))
                        .kernel("sort")
                        .samples("float64[2, 3]", "float64[2, 3], 0, True", "float64[]"),
                operator("sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False)"
                                + " -> (Tensor values, Tensor indices)")
                        .doc("sort, in which equal elements keep their order")
                        .gradFn("SortBackward1")
                        .types(Sorting::sorted)
                        .vjp("self", Sorting::unsorted)
                        .batch(Batch.along("self", "dim"))
                        .kernel("sort.stable")
                        .samples("float64[2, 3], stable=True"),
                operator("argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor")
                        .doc("the indices that put self in order along a dimension")
                        .types(one(call -> sorted(call).get(1)))
                        .decompose(n -> n.self()
                                .calls("sort", n.raw("dim"), n.raw("descending"))
                                .get(1)),
                operator("argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor")
                        .doc("argsort, in which equal elements keep their order")
                        .types(one(call -> sorted(call).get(1)))
                        .decompose(n -> n.self()
                                .callsNamed(
                                        "sort.stable",
                                        Map.of(
                                                "stable", n.raw("stable"),
                                                "dim", n.raw("dim"),
                                                "descending", n.raw("descending")))
                                .get(1)),
                composite("msort(Tensor self)", n -> n.arg("self").call("sort", 0, false))
                        .doc("self in order along its first dimension")
                        .samples("float64[4, 2]"),
                operator("topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True)"
                                + " -> (Tensor values, Tensor indices)")
                        .doc("the k largest or smallest elements along a dimension, and their indices")
                        .gradFn("TopkBackward0")
                        .types(Sorting::top)
                        .vjp("self", Sorting::unsorted)
                        .batch(Batch.along("self", "dim"))
                        .kernel("topk")
                        .samples("float64[2, 5], 3", "float64[4, 2], 2, 0, False", "float64[], 1"),
                operator("kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False)"
                                + " -> (Tensor values, Tensor indices)")
                        .doc("the k-th smallest element along a dimension, and its index")
                        .gradFn("KthvalueBackward0")
                        .types(call -> {
                            requireCount(call, 1);
                            return Extrema.chosen(call);
                        })
                        .vjp("self", Extrema::scatteredToChosen)
                        .batch(Batch.along("self", "dim"))
                        .kernel("kthvalue")
                        .samples("float64[2, 5], 3", "float64[2, 5], 2, 0, True"),
                operator("mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)")
                        .doc("the most frequent element along a dimension, and an index of it")
                        .gradFn("ModeBackward0")
                        .types(Extrema::chosen)
                        .vjp("self", Extrema::scatteredToChosen)
                        .batch(Batch.along("self", "dim"))
                        .kernel("mode")
                        .samples("float64[2, 3]"));
    }

    private static List<TensorType> sorted(Call call) {
        TensorType self = call.type("self");
        Dims.normalize(call, "dim", self.rank());
        return List.of(self, self.withDtype(DType.INT64));
    }

    private static List<TensorType> top(Call call) {
        Shape shape = call.shape("self");
        int dim = requireCount(call, 0);
        Shape result = shape.rank() == 0 ? shape : shape.withDim(dim, call.integer("k"));
        TensorType values = call.type("self").withShape(result);
        return List.of(values, values.withDtype(DType.INT64));
    }

    /** Checks {@code k} and gives the dimension. */
    private static int requireCount(Call call, int least) {
        Shape shape = call.shape("self");
        int dim = Dims.normalize(call, "dim", shape.rank());
        long size = shape.rank() == 0 ? 1 : shape.dim(dim);
        long k = call.integer("k");
        Require.notBool(call, "self");
        if (k < least || k > size) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "k", k + " is out of range for dimension " + dim + " of shape " + shape);
        }
        return dim;
    }

    private static Expr unsorted(Backward n) {
        return n.full(n.type("self"), 0).call("scatter", n.raw("dim"), n.result(1), n.grad());
    }
}

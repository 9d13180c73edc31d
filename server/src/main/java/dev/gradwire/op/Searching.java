package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Places in sorted sequences, membership, classes and histograms. */
final class Searching {
    private static final String PLACES =
            "*, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor";

    private Searching() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("searchsorted.Scalar(Tensor sorted_sequence, Scalar self, " + PLACES)
                        .doc("the place at which a number keeps a sequence sorted")
                        .types(one(call -> {
                            Require.rank(call, "sorted_sequence", 1);
                            return new TensorType(placeDtype(call), Shape.SCALAR);
                        }))
                        .decompose(n -> {
                            Expr sequence = n.arg("sorted_sequence");
                            Map<String, Object> named = new HashMap<>();
                            for (String option : List.of("out_int32", "right", "side", "sorter")) {
                                named.put(option, n.raw(option));
                            }
                            return sequence.callNamed(
                                    "searchsorted.Tensor", named, n.arg("self").as(sequence.dtype()));
                        })
                        .samples("float64[4], 1"),
                operator("searchsorted.Tensor(Tensor sorted_sequence, Tensor self, " + PLACES)
                        .doc("the places at which elements keep sequences sorted, along the last dimension")
                        .types(one(Searching::places))
                        .kernel("searchsorted.Tensor")
                        .samples("float64[4], float64[2, 3]", "int64[2, 3]{1..3}, int64[2, 2]{0..3}, right=True"),
                operator("bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False)"
                                + " -> Tensor")
                        .overload("bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False,"
                                + " bool right=False) -> Tensor")
                        .doc("the number of the interval between boundaries in which each element lies")
                        .types(one(call -> {
                            Require.rank(call, "boundaries", 1);
                            return new TensorType(placeDtype(call), call.shape("self"));
                        }))
                        .decompose(n -> {
                            Expr boundaries = n.arg("boundaries");
                            DType dtype = Elementwise.resultType(List.of(n.type("self"), boundaries.type()));
                            return boundaries
                                    .to(dtype)
                                    .callNamed(
                                            "searchsorted.Tensor",
                                            Map.of("out_int32", n.raw("out_int32"), "right", n.raw("right")),
                                            n.arg("self").as(dtype));
                        })
                        .samples("float64[2, 3], float64[4]", "1, int64[2]"),
                operator("isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False,"
                                + " bool invert=False) -> Tensor")
                        .overload(
                                "isin.Tensor_Scalar(Tensor elements, Scalar test_elements, *, bool assume_unique=False,"
                                        + " bool invert=False) -> Tensor")
                        .overload(
                                "isin.Scalar_Tensor(Scalar elements, Tensor test_elements, *, bool assume_unique=False,"
                                        + " bool invert=False) -> Tensor")
                        .doc("whether each element is among test_elements")
                        .types(one(call -> new TensorType(DType.BOOL, call.shape("elements"))))
                        .kernelWhere("isin.Tensor_Tensor", Searching::isPlainSearch)
                        .decompose(n -> {
                            DType dtype = Elementwise.resultType(n.call(), List.of("elements", "test_elements"));
                            Expr tests = n.arg("test_elements")
                                    .as(dtype)
                                    .reshape(n.shape("test_elements").elements());
                            Expr found = n.arg("elements")
                                    .as(dtype)
                                    .unsqueeze(-1)
                                    .eq(tests)
                                    .call("any", -1);
                            return n.bool("invert") ? found.not() : found;
                        })
                        .samples("int64[2, 3]{0..4}, int64[2]{0..4}", "float64[2], 1", "2, int64[2, 2], invert=True"),
                operator("one_hot(Tensor self, int num_classes=-1) -> Tensor")
                        .doc(
                                "rows with a 1 at the place that the class names; num_classes must be given, as shapes here"
                                        + " follow from types")
                        .types(one(call -> {
                            Require.index(call, "self", DType.INT64);
                            long classes = call.integer("num_classes");
                            Require.that(classes > 0, "num_classes", "must be given and positive, but is " + classes);
                            Shape shape = call.shape("self");
                            return new TensorType(DType.INT64, shape.insertDim(shape.rank(), classes));
                        }))
                        .decompose(n -> {
                            Shape shape = n.shape("self").insertDim(n.rank("self"), n.integer("num_classes"));
                            return n.full(new TensorType(DType.INT64, shape), 0)
                                    .call("scatter", -1, n.self().unsqueeze(-1), 1);
                        })
                        .samples("int64[2, 3]{0..3}, 4", "int64[]{0..1}, 2"),
                operator("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor")
                        .doc(
                                "how many elements lie in each of bins intervals from min to max, or of the elements' own range"
                                        + " where min = max")
                        .types(one(call -> {
                            Require.floating(call, "self");
                            Require.that(call.integer("bins") > 0, "bins", "must be positive");
                            Require.that(call.number("min") <= call.number("max"), "max", "must not be below min");
                            return TensorType.of(call.type("self").dtype(), call.integer("bins"));
                        }))
                        .decompose(Searching::histogram)
                        .samples("float64[2, 3], 4, -1, 1", "float64[5], 3", "float64[0], 2"));
    }

    /** Whether the kernel, which sorts, takes the call: tensors of one real dtype, as it does not promote. */
    private static boolean isPlainSearch(Call call) {
        DType dtype = call.type("elements").dtype();
        return !call.isNumber("elements")
                && !call.isNumber("test_elements")
                && !dtype.isComplex()
                && dtype != DType.BOOL
                && dtype == call.type("test_elements").dtype();
    }

    private static DType placeDtype(Call call) {
        return call.bool("out_int32") ? DType.INT32 : DType.INT64;
    }

    private static TensorType places(Call call) {
        Shape sequences = call.shape("sorted_sequence");
        Shape values = call.shape("self");
        Require.sameDtype(call, "sorted_sequence", "self");
        if (call.type("self").dtype().isComplex()) {
            throw GraphException.argument(Reason.DTYPE_UNSUPPORTED, "self", "is complex, and so has no order");
        }
        boolean batches = sequences.rank() == values.rank()
                && sequences.rank() > 0
                && sequences.withoutDim(sequences.rank() - 1).equals(values.withoutDim(values.rank() - 1));
        if (sequences.rank() != 1 && !batches) {
            throw Require.shape("self", "has shape " + values + ", which does not fit sequences of shape " + sequences);
        }
        if (call.has("side")) {
            String side = call.text("side");
            Require.that(side.matches("left|right"), "side", "must be left or right, but is \"" + side + "\"");
            Require.that(side.equals("right") || !call.bool("right"), "side", "contradicts right");
        }
        if (call.has("sorter")) {
            Require.index(call, "sorter", DType.INT64);
            Require.shape(call, "sorter", sequences, "that of the sequences");
        }
        return new TensorType(placeDtype(call), values);
    }

    private static Expr histogram(Args n) {
        Expr self = n.self().reshape(n.shape("self").elements());
        DType dtype = self.dtype();
        long bins = n.integer("bins");
        Expr counts = n.full(TensorType.of(dtype, bins), 0);
        if (self.size(0) == 0) {
            return counts;
        }
        boolean own = n.number("min") == n.number("max");
        TensorType scalar = new TensorType(dtype, Shape.SCALAR);
        Expr low = own ? self.call("amin") : n.full(scalar, n.number("min"));
        Expr high = own ? self.call("amax") : n.full(scalar, n.number("max"));
        Expr flat = low.eq(high);
        low = low.sub(flat.to(dtype));
        high = high.add(flat.to(dtype));
        Expr inside = self.ge(low).and(self.le(high));
        Expr place = self.sub(low).div(high.sub(low)).mul((double) bins).maskedBy(inside);
        Expr index = place.to(DType.INT64).call("clamp", 0, bins - 1);
        return counts.call("scatter_add", 0, index, inside.to(dtype));
    }
}

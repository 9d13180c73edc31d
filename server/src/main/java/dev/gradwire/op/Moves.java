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
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Elements in another order, and elements repeated. */
final class Moves {
    private Moves() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("flip(Tensor self, int[] dims) -> Tensor")
                        .doc("self in reverse order along dimensions")
                        .gradFn("FlipBackward0")
                        .complex()
                        .types(one(call -> {
                            Dims.listed(call, "dims", call.type("self").rank());
                            return call.type("self");
                        }))
                        .vjp("self", n -> n.grad().call("flip", n.raw("dims")))
                        .batch(Batch.listing("dims"))
                        .kernel("flip")
                        .samples("complex128[2, 3], [0, -1]", "float64[2, 3], [0, -1]", "float64[0, 2], [1]"),
                composite("fliplr(Tensor self)", n -> flipped(n, 1))
                        .doc("self with its columns in reverse order")
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                composite("flipud(Tensor self)", n -> flipped(n, 0))
                        .doc("self with its rows in reverse order")
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor")
                        .doc("self shifted cyclically along dimensions; without dims, in row-major order")
                        .gradFn("RollBackward0")
                        .complex()
                        .types(one(Moves::rolled))
                        .vjp("self", n -> {
                            long[] back = LongStream.of(shifts(n.call()))
                                    .map(shift -> -shift)
                                    .toArray();
                            return n.grad().call("roll", back, n.raw("dims"));
                        })
                        .batch(ViewBatching::roll)
                        .kernel(
                                "roll",
                                call -> List.of(call.arg("self"), Expr.argument(shifts(call)), call.arg("dims")))
                        .samples("complex128[3, 4], 2", "float64[3, 4], 2", "float64[3, 4], [1, -1], [0, 1]"),
                operator("rot90(Tensor self, int k=1, int[] dims=[0,1]) -> Tensor")
                        .doc("self turned k times by 90 degrees, from the first of dims towards the second")
                        .gradFn("Rot90Backward0")
                        .complex()
                        .types(one(Moves::rotated))
                        .vjp("self", n -> n.grad().call("rot90", Math.floorMod(-n.integer("k"), 4L), n.raw("dims")))
                        .decompose(Moves::rotate)
                        .samples(
                                "complex128[2, 3]",
                                "float64[2, 3]",
                                "float64[2, 3, 4], -3, [1, -1]",
                                "float64[2, 3], 2"),
                operator("repeat(Tensor self, int[] repeats) -> Tensor")
                        .doc("self repeated along each dimension, new leading ones included")
                        .gradFn("RepeatBackward0")
                        .complex()
                        .types(one(Moves::repeated))
                        .vjp("self", Moves::sumOfRepeats)
                        .batch(ViewBatching::repeat)
                        .kernel("repeat")
                        .samples(
                                "complex128[2, 3], [2, 1, 3]",
                                "float64[2, 3], [2, 1, 3]",
                                "float64[2], [0]",
                                "float64[], [2]"),
                composite("tile(Tensor self, int[] dims)", n -> {
                            LongStream missing = LongStream.generate(() -> 1)
                                    .limit(Math.max(0, n.rank("self") - n.ints("dims").length));
                            return n.arg("self")
                                    .call(
                                            "repeat",
                                            LongStream.concat(missing, LongStream.of(n.ints("dims")))
                                                    .toArray());
                        })
                        .doc("self repeated along its last dimensions, or along new leading ones too")
                        .complex()
                        .samples("float64[2, 3], [2]", "float64[2], [2, 1]", "complex128[2, 3], [2]"),
                composite(
                                "repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *,"
                                        + " int? output_size=None)",
                                Moves::interleave)
                        .doc("each element of a dimension repeated; without dim, of all in row-major order")
                        .complex()
                        .samples("float64[2, 3], 2, 1", "float64[2, 3], 2", "complex128[2, 3], 2"),
                composite(
                                "repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *,"
                                        + " int? output_size=None)",
                                n -> {
                                    Expr self = n.has("dim")
                                            ? n.arg("self")
                                            : n.arg("self").call("flatten");
                                    Expr index = Expr.of(
                                            n.builder(),
                                            n.builder()
                                                    .call(
                                                            "repeat_interleave.Tensor",
                                                            List.of(n.raw("repeats")),
                                                            Map.of("output_size", repeated(n)))
                                                    .getFirst());
                                    return self.call("index_select", n.has("dim") ? n.integer("dim") : 0, index);
                                })
                        .doc(
                                "each element of a dimension repeated as often as repeats says; output_size is their sum and"
                                        + " must be given unless repeats is a constant of the graph")
                        .complex()
                        .samples(
                                "float64[2, 3], int64[3]{1..1}, 1, output_size=3",
                                "complex128[2, 3], int64[3]{1..1}, 1, output_size=3"),
                operator("repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor")
                        .doc("each index repeated as often as repeats says; output_size is their sum")
                        .types(one(Moves::interleaved))
                        .kernel("repeat_interleave.Tensor"));
    }

    private static Expr flipped(Args n, int dim) {
        if (n.rank("self") <= dim) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "self", "has too few dimensions: " + n.shape("self"));
        }
        return n.arg("self").call("flip", new long[] {dim});
    }

    private static TensorType rolled(Call call) {
        int shifts = call.ints("shifts").length;
        int dims = call.ints("dims").length;
        if (shifts == 0 || shifts != dims && !(dims == 0 && shifts == 1)) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "dims", "names " + dims + " dimensions for " + shifts + " shifts");
        }
        for (long dim : call.ints("dims")) {
            Require.that(call.type("self").rank() > 0, "dims", "names dimension " + dim + " of a tensor without any");
            Dims.normalize("dims", dim, call.type("self").rank());
        }
        return call.type("self");
    }

    /** Shifts that go around less than once. */
    private static long[] shifts(Call call) {
        Shape shape = call.shape("self");
        long[] shifts = call.ints("shifts");
        long[] dims = call.ints("dims");
        for (int i = 0; i < shifts.length; i++) {
            long size = dims.length == 0 ? shape.elements() : shape.dim(Dims.normalize("dims", dims[i], shape.rank()));
            shifts[i] = Math.floorMod(shifts[i], Math.max(1, size));
        }
        return shifts;
    }

    private static TensorType rotated(Call call) {
        Shape shape = call.shape("self");
        long[] dims = Dims.listed(call, "dims", shape.rank());
        if (dims.length != 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "dims", "must be 2 dimensions of a tensor of shape " + shape);
        }
        int a = (int) dims[0];
        int b = (int) dims[1];
        boolean odd = Math.floorMod(call.integer("k"), 2) == 1;
        return call.type("self").withShape(odd ? shape.withDim(a, shape.dim(b)).withDim(b, shape.dim(a)) : shape);
    }

    private static Expr rotate(Args n) {
        Expr self = n.arg("self");
        long[] dims = Dims.listed(n.call(), "dims", n.rank("self"));
        int a = (int) dims[0];
        int b = (int) dims[1];
        return switch (Math.floorMod(n.integer("k"), 4)) {
            case 1 -> self.call("flip", new long[] {b}).transpose(a, b);
            case 2 -> self.call("flip", dims);
            case 3 -> self.call("flip", new long[] {a}).transpose(a, b);
            default -> self;
        };
    }

    private static TensorType repeated(Call call) {
        Shape shape = call.shape("self");
        long[] sizes = call.ints("repeats");
        int added = sizes.length - shape.rank();
        if (added < 0) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "repeats", "says nothing of some dimensions of shape " + shape);
        }
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0) {
                throw GraphException.argument(
                        Reason.INVALID_ARGUMENT, "repeats", "has the negative number " + sizes[i]);
            }
            sizes[i] = Math.multiplyExact(sizes[i], i < added ? 1 : shape.dim(i - added));
        }
        return call.type("self").withShape(Shape.of(sizes));
    }

    /** Each repeated dimension taken apart into repeats and elements, and summed over the repeats. */
    private static Expr sumOfRepeats(Backward n) {
        Shape shape = n.shape("self");
        long[] repeats = n.ints("repeats");
        int added = repeats.length - shape.rank();
        List<Long> apart = new ArrayList<>();
        List<Long> summed = new ArrayList<>();
        for (int i = 0; i < repeats.length; i++) {
            if (i < added || repeats[i] != 1) {
                summed.add((long) apart.size());
                apart.add(repeats[i]);
            }
            if (i >= added) {
                apart.add(shape.dim(i - added));
            }
        }
        Expr split = n.grad().reshape(Shape.of(apart));
        return summed.isEmpty()
                ? split
                : split.sum(summed.stream().mapToLong(Long::longValue).toArray());
    }

    private static Expr interleave(Args n) {
        long repeats = n.integer("repeats");
        if (repeats < 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "repeats", "must not be negative, but is " + repeats);
        }
        Expr self = n.has("dim") ? n.arg("self") : n.arg("self").call("flatten");
        int dim = n.has("dim") ? Dims.existing(n.call(), "dim", self.shape()) : 0;
        if (n.has("output_size") && n.integer("output_size") != Math.multiplyExact(repeats, self.size(dim))) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "output_size", "is not " + repeats + " times " + self.size(dim));
        }
        Shape expanded = self.shape().insertDim(dim + 1, repeats);
        return Reshapes.joined(self.unsqueeze(dim + 1).call("expand", expanded).call("clone"), dim, dim + 1);
    }

    /** The sum of repeats. */
    private static Argument repeated(Args n) {
        if (n.has("output_size")) {
            return n.raw("output_size");
        }
        Tensor repeats = n.constant("repeats");
        long sum = 0;
        for (long i = 0; i < repeats.type().shape().elements(); i++) {
            long times = repeats.getLong(i);
            Require.that(times >= 0, "repeats", "must not be negative, but one is " + times);
            sum = Math.addExact(sum, times);
        }
        return new Argument.Int(sum);
    }

    private static TensorType interleaved(Call call) {
        TensorType repeats = call.type("repeats");
        if (repeats.rank() != 1 || repeats.dtype() != DType.INT64 && repeats.dtype() != DType.INT32) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "repeats", "must be a vector of int64 or int32, but is " + repeats);
        }
        if (!call.has("output_size")) {
            throw GraphException.argument(
                    Reason.MISSING_ARGUMENT,
                    "output_size",
                    "must be given: shapes here do not depend on data, and repeats is data");
        }
        if (call.integer("output_size") < 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "output_size",
                    "must not be negative, but is " + call.integer("output_size"));
        }
        return repeats.withShape(Shape.of(call.integer("output_size")));
    }
}

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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Tensors made larger at their edges. Padding is listed from the last dimension on: (left, right, top, bottom, …). */
final class Pads {
    private Pads() {}

    static List<Declaration> declarations() {
        List<Declaration> all = new ArrayList<>(List.of(
                operator("constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor")
                        .doc("self with value around it; negative padding cuts off")
                        .gradFn("ConstantPadNdBackward0")
                        .complex()
                        .types(one(call -> {
                            Require.fits(
                                    "value",
                                    call.arg("value"),
                                    call.type("self").dtype());
                            return padded(call, "pad");
                        }))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call(
                                                "constant_pad_nd",
                                                LongStream.of(n.ints("pad"))
                                                        .map(Math::negateExact)
                                                        .toArray(),
                                                0))
                        .batch(Batch.leading())
                        .kernelWhere("constant_pad_nd", call -> !(call.arg("value") instanceof Argument.Complex))
                        .decompose(n -> {
                            Expr inside = n.full(n.type("self").withDtype(DType.BOOL), 1);
                            Expr padded = n.arg("self").call("constant_pad_nd", n.raw("pad"), 0);
                            return inside.call("constant_pad_nd", n.raw("pad"), 0)
                                    .where(padded, n.raw("value"));
                        })
                        .samples(
                                "complex128[2, 3], [1, 2, 0, 1], complex(2.5, 1.0)",
                                "complex128[4], [-1, 1]",
                                "float64[2, 3], [1, 2, 0, 1], 2.5",
                                "float64[4, 3], [-1, 1, 2, -2]",
                                "float64[2], [0, 0]"),
                composite("pad(Tensor self, int[] pad, str mode=\"constant\", float? value=None)", Pads::pad)
                        .doc("self padded with a constant, its reflection, its edge, or cyclically")
                        .complex()
                        .samples(
                                "float64[1, 2, 4], [1, 2], \"reflect\"",
                                "float64[1, 2, 4], [1, 2], \"circular\"",
                                "complex128[1, 2, 4], [1, 2], \"circular\""),
                composite("_pad_circular(Tensor self, int[] pad)", Pads::circular)
                        .doc("self continued cyclically")
                        .complex()
                        .samples(
                                "float64[1, 2, 4], [1, 2]",
                                "float64[1, 2, 3, 3], [1, -1, 0, 2]",
                                "complex128[1, 2, 4], [1, 2]")));
        for (int dims = 1; dims <= 3; dims++) {
            all.addAll(edge("reflection", "Reflection", dims));
            all.addAll(edge("replication", "Replication", dims));
        }
        return all;
    }

    private static TensorType padded(Call call, String parameter) {
        Shape shape = call.shape("self");
        long[] pad = call.ints(parameter);
        if (pad.length % 2 != 0 || pad.length > 2 * shape.rank()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    parameter,
                    "must have a pair for each of some last dimensions of shape " + shape + ", but has " + pad.length
                            + " entries");
        }
        for (int i = 0; i < pad.length; i += 2) {
            int dim = shape.rank() - 1 - i / 2;
            long size = Math.addExact(shape.dim(dim), Math.addExact(pad[i], pad[i + 1]));
            boolean gone = size < 0 || shape.dim(dim) + Math.min(0, pad[i]) + Math.min(0, pad[i + 1]) < 0;
            if (gone) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        parameter,
                        "(" + pad[i] + ", " + pad[i + 1] + ") leaves nothing of dimension " + dim + " of shape "
                                + call.shape("self"));
            }
            shape = shape.withDim(dim, size);
        }
        return call.type("self").withShape(shape);
    }

    private static Expr pad(Args n) {
        String mode = n.text("mode");
        if (mode.equals("constant")) {
            return n.arg("self").call("constant_pad_nd", n.raw("pad"), n.has("value") ? n.raw("value") : 0.0);
        }
        if (n.has("value") && n.number("value") != 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "value", "is only for mode \"constant\", not \"" + mode + "\"");
        }
        String operator = switch (mode) {
            case "reflect" -> "reflection_pad";
            case "replicate" -> "replication_pad";
            case "circular" -> "_pad_circular";
            default ->
                throw GraphException.argument(
                        Reason.INVALID_ARGUMENT,
                        "mode",
                        "must be constant, reflect, replicate or circular, but is \"" + mode + "\"");
        };
        int dims = spatialDims(n, n.ints("pad").length);
        return n.arg("self").call(mode.equals("circular") ? operator : operator + dims + "d", n.raw("pad"));
    }

    /** How many last dimensions are padded; one or two more stand before them. */
    private static int spatialDims(Args n, int entries) {
        int dims = entries / 2;
        int rank = n.rank("self");
        if (entries % 2 != 0 || dims < 1 || dims > 3 || rank < dims + 1 || rank > dims + 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "pad",
                    entries + " entries do not fit shape " + n.shape("self")
                            + ": one to three last dimensions are padded, with one or two before them");
        }
        return dims;
    }

    /** {@code (reflection|replication)_pad(1|2|3)d} and its transpose. */
    private static List<Declaration> edge(String kind, String title, int dims) {
        String name = kind + "_pad" + dims + "d";
        String gradFn = title + "Pad" + dims + "DBackward";
        boolean reflects = kind.equals("reflection");
        String sample = List.of(
                        "float64[2, 4], [1, 2]",
                        "float64[2, 3, 4], [2, 0, -1, 1]",
                        "float64[1, 2, 3, 2], [1, 0, 2, 2, 0, 1]")
                .get(dims - 1);
        String backwardSample = List.of(
                        "float64[2, 7], float64[2, 4], [1, 2]",
                        "float64[2, 3, 6], float64[2, 3, 4], [2, 0, -1, 1]",
                        "float64[1, 3, 7, 3], float64[1, 2, 3, 2], [1, 0, 2, 2, 0, 1]")
                .get(dims - 1);
        return List.of(
                operator(name + "(Tensor self, int[" + 2 * dims + "] padding) -> Tensor")
                        .doc("self with its " + (reflects ? "reflection" : "edge repeated")
                                + " around its last dimensions")
                        .gradFn(gradFn + "0")
                        .types(one(call -> edgePadded(call, dims, reflects)))
                        .vjp("self", n -> n.grad().call(name + "_backward", n.arg("self"), n.raw("padding")))
                        .batch(Batch.folded(dims))
                        .kernel(name)
                        .samples(sample),
                operator(name + "_backward(Tensor grad_output, Tensor self, int[" + 2 * dims + "] padding) -> Tensor")
                        .doc("the transpose of " + name + ": what lies outside of self added where it came from")
                        .gradFn(gradFn + "Backward0")
                        .types(one(call -> {
                            Shape expected = edgePadded(call, dims, reflects).shape();
                            if (!call.shape("grad_output").equals(expected)) {
                                throw GraphException.argument(
                                        Reason.SHAPE_MISMATCH,
                                        "grad_output",
                                        "has shape " + call.shape("grad_output") + ", but the padded tensor has "
                                                + expected);
                            }
                            return call.type("grad_output").withShape(call.shape("self"));
                        }))
                        .vjp("grad_output", n -> n.grad().call(name, n.raw("padding")))
                        .zeroVjp("self")
                        .batch(Batch.folded(dims))
                        .kernel(name + "_backward")
                        .samples(backwardSample));
    }

    private static TensorType edgePadded(Call call, int dims, boolean reflects) {
        Require.notBool(call, "self");
        Shape shape = call.shape("self");
        long[] pad = call.ints("padding");
        if (pad.length != 2 * dims || shape.rank() < dims + 1 || shape.rank() > dims + 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "padding",
                    pad.length + " entries do not fit shape " + shape + ": " + dims
                            + " last dimensions are padded, with one or two before them");
        }
        int batch = shape.rank() - dims - 1;
        boolean empty = IntStream.range(batch, shape.rank()).anyMatch(dim -> shape.dim(dim) == 0);
        if (empty) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "self", "only its batch may be empty, but its shape is " + shape);
        }
        TensorType result = padded(call, "padding");
        for (int i = 0; i < pad.length; i++) {
            int dim = shape.rank() - 1 - i / 2;
            if (reflects && pad[i] >= shape.dim(dim) || result.shape().dim(dim) < 1) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "padding",
                        pad[i] + " is too much for dimension " + dim + " of shape " + shape);
            }
        }
        return result;
    }

    /** Dimension by dimension: the end of it before it, the beginning behind it; negative padding cuts off. */
    private static Expr circular(Args n) {
        long[] pad = n.ints("pad");
        int dims = spatialDims(n, pad.length);
        padded(n.call(), "pad");
        Expr current = n.arg("self");
        for (int i = 0; i < dims; i++) {
            int dim = n.rank("self") - 1 - i;
            long left = pad[2 * i];
            long right = pad[2 * i + 1];
            Expr core = current.slice(dim, Math.max(0, -left), current.size(dim) + Math.min(0, right));
            long size = core.size(dim);
            if (left > size || right > size) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "pad",
                        "goes more than once around dimension " + dim + " of shape " + n.shape("self"));
            }
            List<Expr> parts = new ArrayList<>(List.of(core));
            if (left > 0) {
                parts.addFirst(core.slice(dim, size - left, size));
            }
            if (right > 0) {
                parts.addLast(core.slice(dim, 0, right));
            }
            current = parts.size() == 1 ? core : Expr.cat(parts, dim);
        }
        return current;
    }
}

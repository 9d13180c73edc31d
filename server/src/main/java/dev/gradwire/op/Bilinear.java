package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Products of three tensors, summed. */
final class Bilinear {
    private static final String[] OPERANDS = {"i1", "i2", "i3"};
    private static final String[] EXPANSIONS = {"expand1", "expand2", "expand3"};

    private Bilinear() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_trilinear(Tensor i1, Tensor i2, Tensor i3, int[] expand1, int[] expand2, int[] expand3,"
                                + " int[] sumdim, int unroll_dim=1) -> Tensor")
                        .doc("Σ i1 · i2 · i3 over sumdim, after new dimensions of size 1 at expand1, expand2, expand3")
                        .gradFn("TrilinearBackward0")
                        .types(one(Bilinear::type))
                        .vjp("i1", n -> back(n, 0))
                        .vjp("i2", n -> back(n, 1))
                        .vjp("i3", n -> back(n, 2))
                        .batch(ProductBatching::trilinear)
                        .kernel("_trilinear")
                        .samples("float64[2, 3], float64[2, 3, 4], float64[2, 4], [1, 3], [0], [1, 2], [2, 3]"),
                operator("bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor")
                        .doc("input1ᵀ · weight_k · input2 + bias_k for each k")
                        .composite(n -> List.of(bilinear(n)))
                        .samples("float64[2, 3], float64[2, 2], float64[4, 3, 2], float64[4]"));
    }

    /** The cotangent takes the operand's place, and what was summed over is what it lacks. */
    private static Expr back(Backward n, int operand) {
        Expr[] operands = {n.arg("i1"), n.arg("i2"), n.arg("i3")};
        operands[operand] = n.grad();
        Object[] expansions = {n.raw("expand1"), n.raw("expand2"), n.raw("expand3")};
        Object summed = expansions[operand];
        expansions[operand] = n.raw("sumdim");
        return operands[0].call(
                "_trilinear", operands[1], operands[2], expansions[0], expansions[1], expansions[2], summed);
    }

    private static TensorType type(Call call) {
        Require.floating(call, "i1");
        Require.sameDtype(call, "i1", "i2", "i3");
        int rank = call.type("i1").rank() + call.ints("expand1").length;
        long[] joint = new long[rank];
        Arrays.fill(joint, 1);
        for (int i = 0; i < OPERANDS.length; i++) {
            join(call, OPERANDS[i], EXPANSIONS[i], joint);
        }
        Require.that(
                call.integer("unroll_dim") >= 0 && call.integer("unroll_dim") < rank,
                "unroll_dim",
                "is out of range for " + rank + " dimensions");
        return call.type("i1").withShape(Dims.reduce(Shape.of(joint), Dims.listed(call, "sumdim", rank), false));
    }

    /** Where an operand has a dimension of its own, its size is that of all others that have one there. */
    private static void join(Call call, String operand, String expansion, long[] joint) {
        long[] added = Dims.listed(call, expansion, joint.length);
        Shape shape = call.shape(operand);
        if (shape.rank() + added.length != joint.length) {
            throw Require.shape(
                    operand, "has shape " + shape + ", but must have " + (joint.length - added.length) + " dimensions");
        }
        int own = 0;
        for (int dim = 0; dim < joint.length; dim++) {
            int place = dim;
            if (LongStream.of(added).noneMatch(other -> other == place)) {
                long size = shape.dim(own++);
                if (joint[dim] != 1 && size != joint[dim]) {
                    throw Require.shape(operand, "has shape " + shape + ", whose sizes are not those of the others");
                }
                joint[dim] = size;
            }
        }
    }

    private static Expr bilinear(Args n) {
        Shape shape1 = n.shape("input1");
        Shape shape2 = n.shape("input2");
        Require.rank(n.call(), "weight", 3);
        Shape weight = n.shape("weight");
        int last = shape1.rank() - 1;
        boolean fits =
                last >= 0 && shape1.withDim(last, weight.dim(2)).equals(shape2) && shape1.dim(last) == weight.dim(1);
        if (!fits) {
            throw Require.shape(
                    "weight",
                    "has shape " + weight + ", which does not fit inputs of shapes " + shape1 + " and " + shape2);
        }
        Shape batch = shape1.withoutDim(last);
        Expr output = n.call(
                        "_trilinear",
                        n.arg("input1").call("reshape", new long[] {batch.elements(), shape1.dim(last)}),
                        n.arg("weight"),
                        n.arg("input2").call("reshape", new long[] {batch.elements(), shape2.dim(last)}),
                        new long[] {1, 3},
                        new long[] {0},
                        new long[] {1, 2},
                        new long[] {2, 3})
                .call("reshape", Matmul.with(batch, weight.dim(0)));
        return n.has("bias") ? output.add(n.arg("bias")) : output;
    }
}

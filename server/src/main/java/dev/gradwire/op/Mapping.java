package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Functions mapped over a dimension of their operands. Its meaning is a rewrite of the graph, see {@code transform}. */
public final class Mapping {
    public static final String VMAP = "vmap";

    private Mapping() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("vmap(Function func, Tensor[] operands, int[] in_dims=[], Tensor[] additional_inputs=[],"
                                + " int[] out_dims=[]) -> Tensor[]")
                        .doc("func for each element along a dimension of operands, in_dims or the first, as torch.vmap;"
                                + " additional_inputs follow whole. Results have the elements along out_dims, or first")
                        .transform()
                        .complex()
                        .bodies((call, _) -> ofOneElement(call))
                        .flow(new ThroughFunction())
                        .types(Mapping::types)
                        .unsampled("it is what its function is"));
    }

    /** The operands, and then the additional inputs, are the function's inputs. */
    private record ThroughFunction() implements Flow {
        @Override
        public BitSet results(Call call, BitSet operands, Dependence of) {
            return of.results(call.body("func"), operands);
        }

        @Override
        public BitSet operands(Call call, BitSet results, Dependence of) {
            return of.inputs(call.body("func"), results);
        }
    }

    /** How many elements the operands have. */
    public static long size(Call call) {
        List<TensorType> operands = call.types("operands");
        if (operands.isEmpty()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "operands",
                    "must hold a tensor: its dimension says how often func is used");
        }
        int[] dims = inDims(call);
        long size = operands.getFirst().shape().dim(dims[0]);
        for (int i = 1; i < dims.length; i++) {
            Shape shape = operands.get(i).shape();
            if (shape.dim(dims[i]) != size) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "operands",
                        "entry " + i + " of shape " + shape + " has " + shape.dim(dims[i])
                                + " elements along dimension "
                                + dims[i] + ", but entry 0 of shape "
                                + operands.getFirst().shape() + " has " + size + " along dimension " + dims[0]);
            }
        }
        return size;
    }

    /** For each operand the dimension that it is mapped over, from the front. */
    public static int[] inDims(Call call) {
        List<TensorType> operands = call.types("operands");
        long[] dims = call.ints("in_dims");
        checkCount("in_dims", dims.length, operands.size(), "operands");
        int[] normalized = new int[operands.size()];
        for (int i = 0; i < normalized.length; i++) {
            if (operands.get(i).rank() == 0) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "operands",
                        "entry " + i + " is a scalar without a dimension to map over");
            }
            normalized[i] = Dims.normalize(
                    "in_dims", dims.length == 0 ? 0 : dims[i], operands.get(i).rank());
        }
        return normalized;
    }

    /** For each result the dimension along which its elements stand, from the front. */
    public static int[] outDims(Call call) {
        List<TensorType> results = call.body("func").resultTypes();
        long[] dims = call.ints("out_dims");
        checkCount("out_dims", dims.length, results.size(), "results");
        int[] normalized = new int[results.size()];
        for (int i = 0; i < normalized.length; i++) {
            normalized[i] = Dims.normalize(
                    "out_dims", dims.length == 0 ? 0 : dims[i], results.get(i).rank() + 1);
        }
        return normalized;
    }

    private static void checkCount(String argument, int given, int expected, String what) {
        if (given != 0 && given != expected) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, argument, "has " + given + " entries for " + expected + " " + what);
        }
    }

    private static List<TensorType> ofOneElement(Call call) {
        size(call);
        int[] dims = inDims(call);
        List<TensorType> types = new ArrayList<>();
        List<TensorType> operands = call.types("operands");
        for (int i = 0; i < dims.length; i++) {
            TensorType type = operands.get(i);
            types.add(type.withShape(type.shape().withoutDim(dims[i])));
        }
        types.addAll(call.types("additional_inputs"));
        return types;
    }

    private static List<TensorType> types(Call call) {
        long size = size(call);
        int[] dims = outDims(call);
        List<TensorType> results = new ArrayList<>();
        List<TensorType> ofOne = call.body("func").resultTypes();
        for (int i = 0; i < dims.length; i++) {
            TensorType type = ofOne.get(i);
            results.add(type.withShape(type.shape().insertDim(dims[i], size)));
        }
        return results;
    }
}

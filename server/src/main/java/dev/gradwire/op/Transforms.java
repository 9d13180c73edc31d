package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Derivatives as operators. Their meaning is a rewrite of the graph they stand in, see {@code transform}. */
public final class Transforms {
    public static final String GRAD = "grad";
    public static final String JVP = "jvp";

    private Transforms() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("grad(Tensor[] outputs, Tensor[] inputs, Tensor?[]? grad_outputs=None) -> Tensor[]")
                        .doc("Cotangents of inputs: the vector-Jacobian product of outputs with grad_outputs, as"
                                + " torch.autograd.grad; any values of the graph may be inputs")
                        .complex()
                        .types(Transforms::gradTypes),
                operator("jvp(Tensor[] outputs, Tensor[] inputs, Tensor[] tangents) -> Tensor[]")
                        .doc("Tangents of outputs: the Jacobian-vector product for tangents of inputs")
                        .complex()
                        .types(Transforms::jvpTypes));
    }

    private static List<TensorType> gradTypes(Call call) {
        requireDifferentiable(call, "outputs");
        requireDifferentiable(call, "inputs");
        List<Argument> outputs = call.items("outputs");
        List<Argument> cotangents = call.has("grad_outputs") ? call.items("grad_outputs") : List.of();
        if (!cotangents.isEmpty() && cotangents.size() != outputs.size()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "grad_outputs",
                    "has " + cotangents.size() + " entries for " + outputs.size() + " outputs");
        }
        for (int i = 0; i < outputs.size(); i++) {
            Argument cotangent = cotangents.isEmpty() ? Argument.NONE : cotangents.get(i);
            checkCotangent(i, ((Value) outputs.get(i)).type(), cotangent);
        }
        return call.types("inputs");
    }

    private static void checkCotangent(int index, TensorType output, Argument cotangent) {
        if (cotangent instanceof Value given) {
            requireLike("grad_outputs", index, given.type(), output);
        } else if (output.shape().elements() != 1) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "grad_outputs",
                    "entry " + index + " is missing, but only an output of one element can do without, and this is "
                            + output);
        } else if (output.dtype().isComplex()) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    "grad_outputs",
                    "entry " + index + " is missing, but only a real output can do without, and this is " + output);
        }
    }

    private static List<TensorType> jvpTypes(Call call) {
        requireDifferentiable(call, "outputs");
        requireDifferentiable(call, "inputs");
        List<TensorType> inputs = call.types("inputs");
        List<TensorType> tangents = call.types("tangents");
        if (inputs.size() != tangents.size()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "tangents",
                    "has " + tangents.size() + " entries for " + inputs.size() + " inputs");
        }
        for (int i = 0; i < inputs.size(); i++) {
            requireLike("tangents", i, tangents.get(i), inputs.get(i));
        }
        return call.types("outputs");
    }

    private static void requireLike(String argument, int index, TensorType given, TensorType expected) {
        if (!given.shape().equals(expected.shape())) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    argument,
                    "entry " + index + " has shape " + given.shape() + ", but must have shape " + expected.shape());
        }
        if (given.dtype() != expected.dtype()) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH,
                    argument,
                    "entry " + index + " is " + given.dtype().label() + ", but must be "
                            + expected.dtype().label());
        }
    }

    private static void requireDifferentiable(Call call, String argument) {
        for (TensorType type : call.types(argument)) {
            if (!type.dtype().isDifferentiable()) {
                throw GraphException.argument(
                        Reason.NOT_DIFFERENTIABLE,
                        argument,
                        "only floating point and complex tensors have derivatives, but one is " + type);
            }
        }
    }
}

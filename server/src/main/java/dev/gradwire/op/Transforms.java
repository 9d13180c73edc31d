package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Derivatives as operators. Their meaning is a rewrite of the graph they stand in, see {@code transform}. */
public final class Transforms {
    public static final String GRAD = "grad";
    public static final String JVP = "jvp";
    public static final String JACOBIAN = "jacobian";
    public static final String HESSIAN = "hessian";
    public static final String HVP = "hvp";

    private Transforms() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("grad(Tensor[] outputs, Tensor[] inputs, Tensor?[]? grad_outputs=None, *,"
                                + " bool is_grads_batched=False) -> Tensor[]")
                        .transform()
                        .doc("Cotangents of inputs: the vector-Jacobian product of outputs with grad_outputs, as"
                                + " torch.autograd.grad; any values of the graph may be inputs. With is_grads_batched"
                                + " grad_outputs and results have one more dimension in front: many vectors at once")
                        .complex()
                        .types(Transforms::gradTypes),
                operator("jvp(Tensor[] outputs, Tensor[] inputs, Tensor[] tangents, *, bool is_tangents_batched=False)"
                                + " -> Tensor[]")
                        .transform()
                        .doc("Tangents of outputs: the Jacobian-vector product for tangents of inputs. With"
                                + " is_tangents_batched tangents and results have one more dimension in front: many"
                                + " vectors at once")
                        .complex()
                        .types(Transforms::jvpTypes),
                operator("jacobian(Tensor output, Tensor[] inputs) -> Tensor[]")
                        .transform()
                        .doc(
                                "The Jacobian for each input, [output…, input…]. By reverse mode, a vector for each element"
                                        + " of output; by forward mode, a vector for each element of inputs, where those are"
                                        + " fewer")
                        .types(call -> joined(call, List.of(call.type("output")))),
                operator("hessian(Tensor output, Tensor[] inputs) -> Tensor[]")
                        .transform()
                        .doc("The Hessian of an output of one element: for each pair of inputs, in row-major order, a"
                                + " block [first…, second…]. By forward over reverse mode, a vector for each element of"
                                + " inputs")
                        .types(call -> {
                            requireOneElement(call);
                            return joined(call, call.types("inputs"));
                        }),
                operator("hvp(Tensor output, Tensor[] inputs, Tensor[] v) -> Tensor[]")
                        .transform()
                        .doc(
                                "The Hessian of an output of one element times v, by forward over reverse mode: the Hessian"
                                        + " is not formed")
                        .types(call -> {
                            requireOneElement(call);
                            requireAllLike(call, "v");
                            return call.types("inputs");
                        }));
    }

    /** For each of {@code first} and each input, [first…, input…] of the input's dtype. */
    private static List<TensorType> joined(Call call, List<TensorType> first) {
        requireDifferentiable(call, "output");
        requireDifferentiable(call, "inputs");
        List<TensorType> types = new ArrayList<>();
        for (TensorType outer : first) {
            for (TensorType input : call.types("inputs")) {
                Shape shape = outer.shape();
                for (long dim : input.shape().dims()) {
                    shape = shape.insertDim(shape.rank(), dim);
                }
                types.add(input.withShape(shape));
            }
        }
        return types;
    }

    private static void requireOneElement(Call call) {
        if (call.shape("output").elements() != 1) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "output", "must have one element, but has shape " + call.shape("output"));
        }
        requireDifferentiable(call, "output");
    }

    private static void requireAllLike(Call call, String vectors) {
        requireDifferentiable(call, "inputs");
        List<TensorType> inputs = call.types("inputs");
        List<TensorType> given = call.types(vectors);
        if (inputs.size() != given.size()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    vectors,
                    "has " + given.size() + " entries for " + inputs.size() + " inputs");
        }
        for (int i = 0; i < inputs.size(); i++) {
            requireLike(vectors, i, given.get(i), inputs.get(i));
        }
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
        if (call.bool("is_grads_batched")) {
            return withBatch(call.types("inputs"), batch(call, "grad_outputs", cotangents, "outputs"));
        }
        for (int i = 0; i < outputs.size(); i++) {
            Argument cotangent = cotangents.isEmpty() ? Argument.NONE : cotangents.get(i);
            checkCotangent(i, ((Value) outputs.get(i)).type(), cotangent);
        }
        return call.types("inputs");
    }

    /**
     * How many vectors there are: each value has one entry of its type with one more dimension, of the same size for all.
     */
    private static long batch(Call call, String vectors, List<Argument> given, String values) {
        List<TensorType> types = call.types(values);
        if (types.isEmpty() || given.size() != types.size()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    types.isEmpty() ? values : vectors,
                    types.isEmpty()
                            ? "must not be empty where there are many vectors"
                            : "has " + given.size() + " entries for " + types.size() + " " + values);
        }
        long count = 0;
        for (int i = 0; i < types.size(); i++) {
            TensorType type = types.get(i);
            if (!(given.get(i) instanceof Value vector) || vector.type().rank() != type.rank() + 1) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        vectors,
                        "entry " + i + " must have one dimension more than shape " + type.shape()
                                + (given.get(i) instanceof Value wrong
                                        ? ", but has shape " + wrong.type().shape()
                                        : ", but is missing"));
            }
            count = i == 0 ? vector.type().shape().dim(0) : count;
            requireLike(vectors, i, vector.type(), type.withShape(type.shape().insertDim(0, count)));
        }
        return count;
    }

    private static List<TensorType> withBatch(List<TensorType> types, long count) {
        return types.stream()
                .map(type -> type.withShape(type.shape().insertDim(0, count)))
                .toList();
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
        if (!call.bool("is_tangents_batched")) {
            requireAllLike(call, "tangents");
            return call.types("outputs");
        }
        requireDifferentiable(call, "inputs");
        long count = batch(call, "tangents", call.items("tangents"), "inputs");
        return withBatch(call.types("outputs"), count);
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
        if (call.isNumber(argument)) {
            throw GraphException.argument(Reason.NOT_DIFFERENTIABLE, argument, "must be a tensor, but is a number");
        }
        List<TensorType> types =
                call.arg(argument) instanceof Argument.Items ? call.types(argument) : List.of(call.type(argument));
        for (TensorType type : types) {
            if (!type.dtype().isDifferentiable()) {
                throw GraphException.argument(
                        Reason.NOT_DIFFERENTIABLE,
                        argument,
                        "only floating point and complex tensors have derivatives, but one is " + type);
            }
        }
    }
}

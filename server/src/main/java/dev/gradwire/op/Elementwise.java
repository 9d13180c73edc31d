package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.DType.Category;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type rule of operators that work element by element: operands broadcast, and their dtypes promote to the one in
 * which the operator computes (the planner casts them to it).
 *
 * @param operands the tensor parameters that take part
 */
record Elementwise(Promotion promotion, List<String> operands) implements TypeRule {
    /** What becomes of the operands' common dtype. */
    enum Promotion {
        /** Compute and answer in the common dtype. */
        KEEP,
        /** The same, but integers compute as the default floating type. */
        FLOAT,
        /** Compute in the common dtype, answer with bool. */
        TEST,
        /** Integers and bools only. */
        INTEGRAL
    }

    static Elementwise keep(String... operands) {
        return new Elementwise(Promotion.KEEP, List.of(operands));
    }

    static Elementwise toFloat(String... operands) {
        return new Elementwise(Promotion.FLOAT, List.of(operands));
    }

    static Elementwise test(String... operands) {
        return new Elementwise(Promotion.TEST, List.of(operands));
    }

    static Elementwise integral(String... operands) {
        return new Elementwise(Promotion.INTEGRAL, List.of(operands));
    }

    @Override
    public List<TensorType> infer(Call call) {
        DType compute = computeDtype(call);
        DType result = promotion == Promotion.TEST ? DType.BOOL : compute;
        return List.of(new TensorType(result, broadcast(call, operands)));
    }

    /** The dtype to which operands are cast. */
    DType computeDtype(Call call) {
        DType common = resultType(call, operands);
        if (promotion == Promotion.INTEGRAL && common.isDifferentiable()) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED, operands.getFirst(), "must be integer or bool, but is " + common.label());
        }
        return promotion == Promotion.FLOAT && !common.isDifferentiable() ? DType.DEFAULT_FLOATING : common;
    }

    /** The shape all operands broadcast to; absent ones (None) take no part. */
    static Shape broadcast(Call call, List<String> operands) {
        Shape joint = Shape.SCALAR;
        for (String operand : operands) {
            if (call.has(operand)) {
                Shape shape = call.shape(operand);
                Shape before = joint;
                joint = Shape.broadcast(joint, shape)
                        .orElseThrow(() -> GraphException.argument(
                                Reason.SHAPE_MISMATCH,
                                operand,
                                "has shape " + shape + ", which does not broadcast with " + before));
            }
        }
        return joint;
    }

    /** {@code torch.result_type}: tensors with dimensions before 0-dimensional ones before numbers, by category. */
    static DType resultType(Call call, List<String> operands) {
        DType dimensioned = null;
        DType scalar = null;
        DType number = null;
        for (String operand : operands) {
            Argument argument = call.arg(operand);
            if (argument instanceof Argument.None) {
                continue;
            }
            TensorType type = call.type(operand);
            if (argument.isNumber()) {
                number = promote(number, type.dtype());
            } else if (type.rank() == 0) {
                scalar = promote(scalar, type.dtype());
            } else {
                dimensioned = promote(dimensioned, type.dtype());
            }
        }
        DType result = combine(dimensioned, combine(scalar, number));
        return result == null ? DType.DEFAULT_FLOATING : result;
    }

    /** The same for tensors of these types. */
    static DType resultType(List<TensorType> types) {
        DType dimensioned = null;
        DType scalar = null;
        for (TensorType type : types) {
            if (type.rank() == 0) {
                scalar = promote(scalar, type.dtype());
            } else {
                dimensioned = promote(dimensioned, type.dtype());
            }
        }
        DType result = combine(dimensioned, scalar);
        return result == null ? DType.DEFAULT_FLOATING : result;
    }

    private static DType promote(@Nullable DType a, DType b) {
        return a == null ? b : DType.promote(a, b);
    }

    /** The lower rank decides only where it is of a higher category. */
    private static @Nullable DType combine(@Nullable DType higher, @Nullable DType lower) {
        if (higher == null || lower == null) {
            return higher == null ? lower : higher;
        }
        if (lower.category().compareTo(higher.category()) <= 0) {
            return higher;
        }
        return lower.category() == Category.COMPLEX && higher == DType.FLOAT64 ? DType.COMPLEX128 : lower;
    }
}

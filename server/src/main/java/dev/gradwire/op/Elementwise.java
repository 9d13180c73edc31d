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
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The type rule of operators that work element by element: operands broadcast, and their dtypes promote to the one in
 * which the operator computes (the planner casts them to it).
 *
 * @param fixed the promotion where it does not depend on the call
 * @param promotion what becomes of the common dtype of a call's operands
 * @param operands the tensor parameters that take part
 * @param masks bool parameters that broadcast with the operands
 * @param check what else must hold of a call
 */
record Elementwise(
        @Nullable Promotion fixed,
        Function<Call, Promotion> promotion,
        List<String> operands,
        List<String> masks,
        Consumer<Call> check)
        implements TypeRule {
    /** What becomes of the operands' common dtype. */
    enum Promotion {
        /** Compute and answer in the common dtype. */
        KEEP,
        /** The same, but not for bools. */
        NUMBER,
        /** The same, but a complex number is answered with a real one. */
        MAGNITUDE,
        /** Compute and answer in the common dtype, which must be of floating point or complex. */
        FLOATING,
        /** Compute in the common dtype, where integers and bools count as the default floating type. */
        FLOAT,
        /** The same, but a complex number is answered with a real one. */
        ARGUMENT,
        /** As FLOAT, but not for half precision. */
        FULL_FLOAT,
        /** Compute in the common dtype, answer with bool. */
        TEST,
        /** Integers and bools only. */
        INTEGRAL,
        /** Integers only. */
        INTEGER
    }

    static Elementwise keep(String... operands) {
        return of(Promotion.KEEP, operands);
    }

    static Elementwise numbers(String... operands) {
        return of(Promotion.NUMBER, operands);
    }

    static Elementwise magnitude(String... operands) {
        return of(Promotion.MAGNITUDE, operands);
    }

    static Elementwise argument(String... operands) {
        return of(Promotion.ARGUMENT, operands);
    }

    static Elementwise floating(String... operands) {
        return of(Promotion.FLOATING, operands);
    }

    static Elementwise toFloat(String... operands) {
        return of(Promotion.FLOAT, operands);
    }

    static Elementwise toFullFloat(String... operands) {
        return of(Promotion.FULL_FLOAT, operands);
    }

    static Elementwise test(String... operands) {
        return of(Promotion.TEST, operands);
    }

    static Elementwise integral(String... operands) {
        return of(Promotion.INTEGRAL, operands);
    }

    static Elementwise integers(String... operands) {
        return of(Promotion.INTEGER, operands);
    }

    private static Elementwise of(Promotion promotion, String... operands) {
        return new Elementwise(promotion, _ -> promotion, List.of(operands), List.of(), _ -> {});
    }

    /** A promotion that depends on the call. */
    static Elementwise by(Function<Call, Promotion> promotion, String... operands) {
        return new Elementwise(null, promotion, List.of(operands), List.of(), _ -> {});
    }

    /** With a bool parameter that broadcasts with the operands. */
    Elementwise masked(String mask) {
        return new Elementwise(fixed, promotion, operands, List.of(mask), check);
    }

    /** With a check of its own, which throws where a call is wrong. */
    Elementwise requiring(Consumer<Call> what) {
        return new Elementwise(fixed, promotion, operands, masks, what);
    }

    @Override
    public List<TensorType> infer(Call call) {
        check.accept(call);
        masks.forEach(mask -> requireBool(call, mask));
        DType compute = computeDtype(call);
        DType result = switch (promotion.apply(call)) {
            case TEST -> DType.BOOL;
            case MAGNITUDE, ARGUMENT -> compute.toReal();
            default -> compute;
        };
        Shape shape = broadcast(call, masks, Shape.SCALAR);
        return List.of(new TensorType(result, broadcast(call, operands, shape)));
    }

    /** The dtype to which operands are cast. */
    DType computeDtype(Call call) {
        DType common = resultType(call, operands);
        return switch (promotion.apply(call)) {
            case KEEP, TEST -> common;
            case NUMBER, MAGNITUDE -> require(common != DType.BOOL, call, common, "a number");
            case FLOATING -> require(common.isDifferentiable(), call, common, "floating point");
            case FLOAT, ARGUMENT -> floating(common);
            case FULL_FLOAT -> {
                DType compute = floating(common);
                yield require(compute.sizeInBytes() > 2, call, compute, "float32 or float64");
            }
            case INTEGRAL -> require(!common.isDifferentiable(), call, common, "integer or bool");
            case INTEGER -> require(common.category() == Category.INTEGRAL, call, common, "integer");
        };
    }

    /** Whether all operands may be of one dtype, complex numbers aside. */
    boolean takes(DType dtype) {
        return switch (fixed) {
            case null -> true;
            case KEEP, TEST, FLOAT, ARGUMENT -> true;
            case NUMBER, MAGNITUDE -> dtype != DType.BOOL;
            case FLOATING -> dtype.isDifferentiable();
            case FULL_FLOAT -> floating(dtype).sizeInBytes() > 2;
            case INTEGRAL -> !dtype.isDifferentiable();
            case INTEGER -> dtype.category() == Category.INTEGRAL;
        };
    }

    private static DType floating(DType common) {
        return common.isDifferentiable() ? common : DType.DEFAULT_FLOATING;
    }

    private DType require(boolean holds, Call call, DType dtype, String wanted) {
        if (holds) {
            return dtype;
        }
        String culprit = operands.stream()
                .filter(operand -> call.has(operand) && call.type(operand).dtype() == dtype)
                .findFirst()
                .orElse(operands.getFirst());
        throw GraphException.argument(
                Reason.DTYPE_UNSUPPORTED, culprit, "must be " + wanted + ", but is " + dtype.label());
    }

    static void requireBool(Call call, String mask) {
        DType dtype = call.type(mask).dtype();
        if (dtype != DType.BOOL) {
            throw GraphException.argument(Reason.DTYPE_MISMATCH, mask, "must be bool, but is " + dtype.label());
        }
    }

    /** The shape all operands broadcast to; absent ones (None) take no part. */
    static Shape broadcast(Call call, List<String> operands) {
        return broadcast(call, operands, Shape.SCALAR);
    }

    private static Shape broadcast(Call call, List<String> operands, Shape with) {
        Shape joint = with;
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

package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;

/** What type rules ask of arguments; what is refused is refused with the argument's name and what it is. */
final class Require {
    private Require() {}

    static void rank(Call call, String parameter, int... ranks) {
        int rank = call.type(parameter).rank();
        if (Arrays.stream(ranks).noneMatch(allowed -> allowed == rank)) {
            String allowed = ranks.length == 1
                    ? Integer.toString(ranks[0])
                    : Arrays.toString(ranks).replace("[", "one of ").replace("]", "");
            throw shape(parameter, "must have rank " + allowed + ", but has shape " + call.shape(parameter));
        }
    }

    /** That a tensor has just this shape; {@code why} says whose. */
    static void shape(Call call, String parameter, Shape expected, String why) {
        if (!call.shape(parameter).equals(expected)) {
            throw shape(
                    parameter,
                    "must have shape " + expected + " (" + why + "), but has shape " + call.shape(parameter));
        }
    }

    /** That the first tensor's dtype is that of all the others which are there. */
    static void sameDtype(Call call, String first, String... others) {
        DType dtype = call.type(first).dtype();
        for (String other : others) {
            if (call.has(other) && call.type(other).dtype() != dtype) {
                throw GraphException.argument(
                        Reason.DTYPE_MISMATCH,
                        other,
                        "is " + call.type(other).dtype().label() + ", but must be " + dtype.label() + " as " + first
                                + " is");
            }
        }
    }

    /** That a function's result has the type it must have; {@code what} says which result. */
    static void sameType(String parameter, String what, TensorType given, TensorType expected) {
        if (!given.equals(expected)) {
            throw GraphException.argument(
                    given.dtype() != expected.dtype() ? Reason.DTYPE_MISMATCH : Reason.SHAPE_MISMATCH,
                    parameter,
                    what + " is " + given + ", but must be " + expected);
        }
    }

    static void floating(Call call, String... parameters) {
        for (String parameter : parameters) {
            if (call.has(parameter)) {
                floating(parameter, call.type(parameter).dtype());
            }
        }
    }

    /** That tensors are of numbers with derivatives. */
    static void differentiable(Call call, String... parameters) {
        for (String parameter : parameters) {
            DType dtype = call.type(parameter).dtype();
            if (!dtype.isDifferentiable()) {
                throw unsupported(parameter, dtype, "must be of floating point or complex");
            }
        }
    }

    static void floating(String parameter, DType dtype) {
        if (!dtype.isFloating()) {
            throw unsupported(parameter, dtype, "must be of floating point");
        }
    }

    static void notBool(Call call, String parameter) {
        if (call.type(parameter).dtype() == DType.BOOL) {
            throw unsupported(parameter, DType.BOOL, "must be a number");
        }
    }

    /** That a number can be stored without overflow; unsigned ones wrap once, as in PyTorch, and fractions are cut. */
    static void fits(String parameter, Argument number, DType dtype) {
        if (number instanceof Argument.Complex(double real, double imaginary)) {
            that(
                    dtype.isComplex() || imaginary == 0,
                    parameter,
                    "has an imaginary part, which " + dtype.label() + " does not");
            fits(parameter, new Argument.Float(real), dtype);
            return;
        }
        double value = switch (number) {
            case Argument.Int(long integer) -> integer;
            case Argument.Float(double floating) -> floating;
            default -> 0;
        };
        boolean fits = switch (dtype) {
            case BOOL, FLOAT64, COMPLEX64, COMPLEX128 -> true;
            case FLOAT32, BFLOAT16 -> !Double.isFinite(value) || Math.abs(value) <= Float.MAX_VALUE;
            case FLOAT16 -> !Double.isFinite(value) || Math.abs(value) <= 65504;
            case INT64 -> number instanceof Argument.Int || Math.abs(value) < 0x1p63;
            case UINT8 -> Math.abs(value) <= 255;
            default -> {
                double limit = Math.pow(2, 8 * dtype.sizeInBytes() - 1);
                yield value >= -limit && value < limit;
            }
        };
        that(fits, parameter, value + " does not fit " + dtype.label());
    }

    /** Integers that stand for places in another tensor. */
    static void index(Call call, String parameter, DType... allowed) {
        DType dtype = call.type(parameter).dtype();
        if (!Arrays.asList(allowed).contains(dtype)) {
            throw unsupported(parameter, dtype, "must be " + allowed[0].label());
        }
    }

    private static GraphException unsupported(String parameter, DType dtype, String rule) {
        return GraphException.argument(Reason.DTYPE_UNSUPPORTED, parameter, rule + ", but is " + dtype.label());
    }

    static GraphException shape(String parameter, String detail) {
        return GraphException.argument(Reason.SHAPE_MISMATCH, parameter, detail);
    }

    static GraphException invalid(String parameter, String detail) {
        return GraphException.argument(Reason.INVALID_ARGUMENT, parameter, detail);
    }

    static void that(boolean condition, String parameter, String detail) {
        if (!condition) {
            throw invalid(parameter, detail);
        }
    }
}

package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A call whose arguments have been checked against its schema, with accessors by position. */
record Arguments(KernelCall call, Schema schema) {
    /** @throws KernelException when an argument does not have the form that the schema asks for */
    static Arguments check(KernelCall call, Schema schema) {
        List<Schema.Type> parameters = schema.parameters();
        if (parameters.size() != call.arguments().size()) {
            throw new KernelException(call.name() + " takes " + parameters.size() + " arguments, not "
                    + call.arguments().size());
        }
        for (int i = 0; i < parameters.size(); i++) {
            if (!fits(
                    parameters.get(i), call.arguments().get(i), call.operands().size())) {
                throw new KernelException(call.name() + ": argument " + i + " must be " + parameters.get(i) + ", not "
                        + call.arguments().get(i));
            }
        }
        long tensors = schema.returns().stream()
                .filter(type -> type.base() == Schema.Base.TENSOR)
                .count();
        if (!call.results().isEmpty() && call.results().size() != tensors) {
            throw new KernelException(call.name() + " has " + tensors + " results, not "
                    + call.results().size());
        }
        for (TensorType operand : call.operands()) {
            if (operand.rank() > Scratch.MAX_RANK) {
                throw new KernelException(call.name() + ": a tensor has at most " + Scratch.MAX_RANK + " dimensions");
            }
        }
        return new Arguments(call, schema);
    }

    private static boolean fits(Schema.Type type, Argument argument, int operands) {
        if (argument instanceof Argument.Optional optional) {
            @Nullable Argument value = optional.value();
            if (value == null) {
                return type.optional() || type.base() == Schema.Base.OMITTED;
            }
            return type.optional() && !(value instanceof Argument.Optional) && fits(type.required(), value, operands);
        }
        if (type.list()) {
            return fitsList(type, argument, operands);
        }
        return switch (type.base()) {
            case TENSOR ->
                argument instanceof Argument.Operand operand && operand.index() >= 0 && operand.index() < operands;
            case INT -> argument instanceof Argument.Int;
            case FLOAT -> argument instanceof Argument.Float || argument instanceof Argument.Int;
            case BOOL -> argument instanceof Argument.Bool;
            case TEXT -> argument instanceof Argument.Text;
            case DTYPE -> argument instanceof Argument.Dtype;
            case SCALAR -> number(argument) != null;
            case DEVICE, OMITTED -> false;
        };
    }

    private static boolean fitsList(Schema.Type type, Argument argument, int operands) {
        return switch (argument) {
            // A list without entries has no type of its own.
            case Argument.Ints ints when ints.values().isEmpty() -> type.size() == 0 || type.mayBeEmpty();
            // One number stands for all, as in PyTorch.
            case Argument.Ints ints ->
                type.base() == Schema.Base.INT
                        && (type.size() == 0
                                || ints.values().size() == 1
                                || ints.values().size() == type.size());
            case Argument.Bools bools ->
                type.base() == Schema.Base.BOOL
                        && (type.size() == 0 || bools.values().size() == type.size());
            case Argument.Operands list ->
                type.base() == Schema.Base.TENSOR
                        && list.indices().stream()
                                .allMatch(i -> i < operands && i >= (type.optionalElements() ? -1 : 0));
            default -> false;
        };
    }

    String name() {
        return call.name();
    }

    /** The argument itself, unwrapped if it is a present optional; null if it is a missing one. */
    @Nullable
    Argument get(int index) {
        Argument argument = call.arguments().get(index);
        return argument instanceof Argument.Optional optional ? optional.value() : argument;
    }

    private Argument required(int index) {
        Argument argument = get(index);
        if (argument == null) {
            throw new KernelException(name() + ": argument " + index + " is missing");
        }
        return argument;
    }

    long integer(int index) {
        return ((Argument.Int) required(index)).value();
    }

    @Nullable
    Long integerOrNull(int index) {
        return get(index) == null ? null : integer(index);
    }

    long[] integers(int index) {
        return ((Argument.Ints) required(index))
                .values().stream().mapToLong(Long::longValue).toArray();
    }

    /** The number at this argument, in whichever form it was given. */
    Number number(int index) {
        Number value = number(required(index));
        if (value == null) {
            throw new KernelException(name() + ": argument " + index + " must be a number");
        }
        return value;
    }

    private static @Nullable Number number(Argument argument) {
        return switch (argument) {
            case Argument.Scalar scalar -> scalar.value();
            case Argument.Int integer -> integer.value();
            case Argument.Float real -> real.value();
            case Argument.Bool bool -> bool.value() ? 1L : 0L;
            default -> null;
        };
    }

    /** Whether a number stands where the schema has a {@code Scalar}. */
    boolean isNumber(int index) {
        return schema.parameters().get(index).base() == Schema.Base.SCALAR && get(index) != null;
    }

    boolean bool(int index) {
        return ((Argument.Bool) required(index)).value();
    }

    double real(int index) {
        return number(index).doubleValue();
    }

    /** The shape at this argument, or null if the tensor is missing. */
    @Nullable
    Shape shapeOrNull(int index) {
        return get(index) == null ? null : shape(index);
    }

    /** Index of the operand that stands at this argument. */
    int operand(int index) {
        return ((Argument.Operand) required(index)).index();
    }

    TensorType type(int index) {
        return call.operands().get(operand(index));
    }

    Shape shape(int index) {
        return type(index).shape();
    }

    /** The dtype at this argument, else that of the result which the caller expects, else {@code otherwise}. */
    DType dtype(int index, DType otherwise) {
        if (get(index) instanceof Argument.Dtype dtype) {
            return dtype.value();
        }
        return call.results().isEmpty() ? otherwise : call.results().getFirst().dtype();
    }
}

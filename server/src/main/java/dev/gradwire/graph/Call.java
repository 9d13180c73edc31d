package dev.gradwire.graph;

import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Dtype;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.None;
import dev.gradwire.graph.Argument.Text;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** An operator's arguments, bound to its canonical parameters, to be read by name. */
public record Call(Operator op, List<Argument> args) {
    public Argument arg(String parameter) {
        return args.get(indexOf(parameter));
    }

    private int indexOf(String parameter) {
        int index = op.canonical().indexOf(parameter);
        if (index < 0) {
            throw new IllegalArgumentException(op.canonical() + " has no parameter " + parameter);
        }
        return index;
    }

    /** Whether an optional argument is there. */
    public boolean has(String parameter) {
        return !(arg(parameter) instanceof None);
    }

    public boolean isNumber(String parameter) {
        return arg(parameter).isNumber();
    }

    /** The type of a tensor argument; a number reads as a 0-dimensional tensor of its default dtype. */
    public TensorType type(String parameter) {
        return typeOf(arg(parameter));
    }

    public Shape shape(String parameter) {
        return type(parameter).shape();
    }

    /** The types of a list of tensors; None entries are left out. */
    public List<TensorType> types(String parameter) {
        return items(parameter).stream()
                .filter(item -> !(item instanceof None))
                .map(Call::typeOf)
                .toList();
    }

    public List<Argument> items(String parameter) {
        return ((Items) arg(parameter)).items();
    }

    static TensorType typeOf(Argument argument) {
        return switch (argument) {
            case Value value -> value.type();
            case Int _ -> new TensorType(DType.INT64, Shape.SCALAR);
            case Float _ -> new TensorType(DType.DEFAULT_FLOATING, Shape.SCALAR);
            case Bool _ -> new TensorType(DType.BOOL, Shape.SCALAR);
            case Complex _ -> new TensorType(DType.DEFAULT_FLOATING.toComplex(), Shape.SCALAR);
            case Argument.Constant constant -> constant.tensor().type();
            default -> throw new IllegalArgumentException("not a tensor: " + argument);
        };
    }

    public long integer(String parameter) {
        return ((Int) arg(parameter)).value();
    }

    public long integer(String parameter, long ifNone) {
        return has(parameter) ? integer(parameter) : ifNone;
    }

    public boolean bool(String parameter) {
        return ((Bool) arg(parameter)).value();
    }

    /** A function at its types. */
    public Argument.Body body(String parameter) {
        return (Argument.Body) arg(parameter);
    }

    public String text(String parameter) {
        return ((Text) arg(parameter)).value();
    }

    public DType dtype(String parameter, DType ifNone) {
        return arg(parameter) instanceof Dtype(DType value) ? value : ifNone;
    }

    public long[] ints(String parameter) {
        return items(parameter).stream().mapToLong(item -> ((Int) item).value()).toArray();
    }

    /** A real number argument as a double. */
    public double number(String parameter) {
        return switch (arg(parameter)) {
            case Int(long value) -> value;
            case Float(double value) -> value;
            case Bool(boolean value) -> value ? 1 : 0;
            default -> throw GraphException.argument(Reason.INVALID_ARGUMENT, parameter, "must be a real number");
        };
    }
}

package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A tensor (or a number) in a rule: derivative rules and decompositions are written with these methods, each of which
 * records one operator. Any other operator is there by its name: {@code x.call("roll", shifts, dims)}.
 */
public final class Expr {
    private final GraphBuilder builder;
    private final Argument argument;

    Expr(GraphBuilder builder, Argument argument) {
        this.builder = builder;
        this.argument = argument;
    }

    /** An expression for a value of the graph that {@code builder} makes. */
    public static Expr of(GraphBuilder builder, Argument argument) {
        return new Expr(builder, argument);
    }

    public Argument argument() {
        return argument;
    }

    GraphBuilder builder() {
        return builder;
    }

    /** The tensor's value; a number becomes a 0-dimensional constant. */
    public Value value() {
        return switch (argument) {
            case Value value -> value;
            case Argument.Int(long number) -> builder.constant(Tensor.scalar(DType.INT64, number));
            case Argument.Bool(boolean bool) -> builder.constant(Tensor.scalar(DType.BOOL, bool ? 1 : 0));
            case Argument.Float(double number) -> builder.constant(Tensor.scalar(dtype(), number));
            case Argument.Complex(double real, double imaginary) ->
                builder.constant(Tensor.scalar(dtype(), real, imaginary));
            default -> throw new IllegalStateException("not a tensor: " + argument);
        };
    }

    public TensorType type() {
        return switch (argument) {
            case Value value -> value.type();
            case Argument.Int _ -> new TensorType(DType.INT64, Shape.SCALAR);
            case Argument.Bool _ -> new TensorType(DType.BOOL, Shape.SCALAR);
            case Argument.Complex _ -> new TensorType(DType.DEFAULT_FLOATING.toComplex(), Shape.SCALAR);
            default -> new TensorType(DType.DEFAULT_FLOATING, Shape.SCALAR);
        };
    }

    public DType dtype() {
        return type().dtype();
    }

    public Shape shape() {
        return type().shape();
    }

    public int rank() {
        return shape().rank();
    }

    /** Size of a dimension; negative ones count from the end. */
    public long size(int dim) {
        return shape().dim(dim < 0 ? dim + rank() : dim);
    }

    /** Calls any operator with this as its first argument. */
    public Expr call(String op, @Nullable Object... rest) {
        return calls(op, rest).getFirst();
    }

    /** Calls an operator that has several results. */
    public List<Expr> calls(String op, @Nullable Object... rest) {
        List<Argument> args = new ArrayList<>(rest.length + 1);
        args.add(argument);
        for (Object each : rest) {
            args.add(argument(each));
        }
        return wrap(builder, builder.call(op, args));
    }

    /** Calls an operator with arguments by name after the positional ones. */
    public Expr callNamed(String op, Map<String, ?> named, @Nullable Object... rest) {
        return callsNamed(op, named, rest).getFirst();
    }

    public List<Expr> callsNamed(String op, Map<String, ?> named, @Nullable Object... rest) {
        List<Argument> args = new ArrayList<>(rest.length + 1);
        args.add(argument);
        Arrays.stream(rest).map(Expr::argument).forEach(args::add);
        Map<String, Argument> keywords = new LinkedHashMap<>();
        named.forEach((name, value) -> keywords.put(name, argument(value)));
        return wrap(builder, builder.call(op, args, keywords));
    }

    static List<Expr> wrap(GraphBuilder builder, List<? extends Argument> values) {
        List<Expr> expressions = new ArrayList<>(values.size());
        for (Argument value : values) {
            expressions.add(new Expr(builder, value));
        }
        return expressions;
    }

    /** Java values as arguments: expressions, numbers, booleans, strings, dtypes, shapes, lists and arrays of them. */
    public static Argument argument(@Nullable Object value) {
        return switch (value) {
            case null -> Argument.NONE;
            case Argument given -> given;
            case Expr expr -> expr.argument;
            case Double number -> new Argument.Float(number);
            case Integer number -> new Argument.Int(number);
            case Long number -> new Argument.Int(number);
            case Boolean bool -> new Argument.Bool(bool);
            case String text -> new Argument.Text(text);
            case DType dtype -> new Argument.Dtype(dtype);
            case Shape shape -> argument(shape.dims());
            case long[] longs ->
                new Argument.Items(LongStream.of(longs)
                        .<Argument>mapToObj(Argument.Int::new)
                        .toList());
            case List<?> list ->
                new Argument.Items(list.stream().map(Expr::argument).toList());
            default -> throw new IllegalArgumentException("no argument can be made of " + value.getClass());
        };
    }

    public Expr add(Object other) {
        return call("add", other);
    }

    public Expr sub(Object other) {
        return call("sub", other);
    }

    public Expr mul(Object other) {
        return call("mul", other);
    }

    public Expr div(Object other) {
        return call("div", other);
    }

    /** {@code this / other}, rounded to an integer: {@code "floor"} or {@code "trunc"}. */
    public Expr div(Object other, String roundingMode) {
        return callNamed("div", Map.of("rounding_mode", roundingMode), other);
    }

    /** {@code other − this}. */
    public Expr rsub(Object other) {
        return call("rsub", other);
    }

    public Expr pow(Object exponent) {
        return call("pow", exponent);
    }

    public Expr neg() {
        return call("neg");
    }

    public Expr square() {
        return mul(this);
    }

    public Expr reciprocal() {
        return call("reciprocal");
    }

    /** The complex conjugate; a real tensor as it is. */
    public Expr conj() {
        if (argument instanceof Argument.Complex(double real, double imaginary)) {
            return with(new Argument.Complex(real, -imaginary));
        }
        return dtype().isComplex() ? call("conj") : this;
    }

    /** The real part; a real tensor as it is. */
    public Expr real() {
        if (argument instanceof Argument.Complex(double real, double _)) {
            return with(real);
        }
        return dtype().isComplex() ? call("real") : this;
    }

    /** The imaginary part of a complex tensor. */
    public Expr imag() {
        return call("imag");
    }

    /** The complex tensor of this real part and an imaginary one. */
    public Expr complex(Expr imaginary) {
        return call("complex", imaginary);
    }

    /** The last two dimensions exchanged. */
    public Expr mT() {
        return transpose(-2, -1);
    }

    /** The conjugate transpose of the last two dimensions. */
    public Expr mH() {
        return mT().conj();
    }

    public Expr exp() {
        return call("exp");
    }

    public Expr log() {
        return call("log");
    }

    public Expr sqrt() {
        return call("sqrt");
    }

    public Expr rsqrt() {
        return call("rsqrt");
    }

    public Expr sin() {
        return call("sin");
    }

    public Expr cos() {
        return call("cos");
    }

    public Expr tanh() {
        return call("tanh");
    }

    public Expr sigmoid() {
        return call("sigmoid");
    }

    public Expr abs() {
        return call("abs");
    }

    public Expr sign() {
        return call("sign");
    }

    /** The sign, or the direction {@code z / |z|} of a complex number; 0 at 0. */
    public Expr sgn() {
        return dtype().isComplex() ? call("sgn") : sign();
    }

    /** {@code |this|²}, without a root that has no derivative at 0. */
    public Expr squaredMagnitude() {
        return dtype().isComplex() ? mul(conj()).real() : square();
    }

    public Expr eq(Object other) {
        return call("eq", other);
    }

    public Expr ne(Object other) {
        return call("ne", other);
    }

    public Expr lt(Object other) {
        return call("lt", other);
    }

    public Expr le(Object other) {
        return call("le", other);
    }

    public Expr gt(Object other) {
        return call("gt", other);
    }

    public Expr ge(Object other) {
        return call("ge", other);
    }

    public Expr and(Object other) {
        return call("logical_and", other);
    }

    public Expr or(Object other) {
        return call("logical_or", other);
    }

    public Expr not() {
        return call("logical_not");
    }

    /** This condition's choice: {@code torch.where(this, a, b)}. */
    public Expr where(Object a, Object b) {
        return call("where", a, b);
    }

    /** This where the condition holds, zero elsewhere. */
    public Expr maskedBy(Expr condition) {
        return condition.where(this, 0.0);
    }

    public Expr sum(long... dims) {
        return call("sum", dims, false);
    }

    public Expr sumKeepingDims(long... dims) {
        return call("sum", dims, true);
    }

    /** Sum of all elements. */
    public Expr sumAll() {
        return call("sum");
    }

    /** Sums over the dimensions along which {@code target} was broadcast to this. */
    public Expr sumTo(Shape target) {
        if (shape().equals(target)) {
            return this;
        }
        int added = rank() - target.rank();
        long[] dims = LongStream.range(0, rank())
                .filter(dim -> dim < added || target.dim((int) dim - added) != size((int) dim))
                .toArray();
        return dims.length == 0 ? this : sumKeepingDims(dims).reshape(target);
    }

    public Expr expand(Shape shape) {
        return shape().equals(shape) ? this : call("expand", shape);
    }

    public Expr reshape(Shape shape) {
        return shape().equals(shape) ? this : call("view", shape);
    }

    public Expr reshape(long... dims) {
        return reshape(Shape.of(dims));
    }

    public Expr permute(long... dims) {
        return call("permute", dims);
    }

    public Expr transpose(int dim0, int dim1) {
        return call("transpose", dim0, dim1);
    }

    /** A dimension moved to another place; the others keep their order. */
    public Expr moved(int from, int to) {
        if (from == to) {
            return this;
        }
        List<Long> dims = new ArrayList<>(LongStream.range(0, rank()).boxed().toList());
        dims.add(to, dims.remove(from));
        return permute(dims.stream().mapToLong(Long::longValue).toArray());
    }

    public Expr unsqueeze(int dim) {
        return call("unsqueeze", dim);
    }

    public Expr squeeze(int dim) {
        return call("squeeze", dim);
    }

    public Expr slice(int dim, long start, long end) {
        return call("slice", dim, start, end, 1);
    }

    public Expr select(int dim, long index) {
        return call("select", dim, index);
    }

    public Expr mm(Expr other) {
        return call("mm", other);
    }

    public Expr bmm(Expr other) {
        return call("bmm", other);
    }

    public Expr matmul(Expr other) {
        return call("matmul", other);
    }

    public Expr to(DType dtype) {
        return dtype() == dtype ? this : call("to", dtype);
    }

    /** Half precision as single, in which the library computes with it; any other dtype as it is. */
    public Expr widened() {
        return dtype().isFloating() && dtype().sizeInBytes() < DType.FLOAT32.sizeInBytes() ? to(DType.FLOAT32) : this;
    }

    /** A tensor cast to {@code dtype}; a number as a 0-dimensional constant of it. */
    public Expr as(DType dtype) {
        return switch (argument) {
            case Argument.Int(long number) -> with(builder.constant(Tensor.scalar(dtype, number)));
            case Argument.Float(double number) -> with(builder.constant(Tensor.scalar(dtype, number)));
            case Argument.Bool(boolean bool) -> with(builder.constant(Tensor.scalar(dtype, bool ? 1L : 0L)));
            case Argument.Complex(double real, double imaginary) ->
                with(builder.constant(
                        dtype.isComplex() ? Tensor.scalar(dtype, real, imaginary) : Tensor.scalar(dtype, real)));
            default -> to(dtype);
        };
    }

    /** Another argument for the same graph. */
    Expr with(Object other) {
        return new Expr(builder, argument(other));
    }

    public Expr zerosLike() {
        return full(type(), 0);
    }

    public Expr onesLike() {
        return full(type(), 1);
    }

    /** A constant tensor of the given type. */
    public Expr full(TensorType type, double fill) {
        return full(builder, type, fill);
    }

    public static Expr full(GraphBuilder builder, TensorType type, double fill) {
        return new Expr(builder, builder.constant(Tensor.scalar(type.dtype(), fill))).expand(type.shape());
    }

    public static Expr cat(List<Expr> tensors, int dim) {
        return tensors.getFirst().callOnList("cat", tensors, dim);
    }

    public static Expr stack(List<Expr> tensors, int dim) {
        return tensors.getFirst().callOnList("stack", tensors, dim);
    }

    /** Calls an operator whose first argument is a list. */
    Expr callOnList(String op, List<Expr> tensors, @Nullable Object... rest) {
        List<Argument> args = new ArrayList<>();
        args.add(argument(tensors));
        Arrays.stream(rest).map(Expr::argument).forEach(args::add);
        return new Expr(builder, builder.call(op, args).getFirst());
    }
}

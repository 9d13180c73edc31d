package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Operators that make tensors from nothing. */
final class Factories {
    /** Where a tensor lives is the request's choice; these are accepted because tracers write them. */
    static final String OPTIONS =
            ", ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";

    static final String LIKE = OPTIONS + ", MemoryFormat? memory_format=None";
    private static final Pattern LAYOUTS = Pattern.compile("(torch\\.)?strided");
    private static final Pattern DEVICES = Pattern.compile("cpu|cuda(:\\d+)?");
    private static final Pattern MEMORY_FORMATS = Pattern.compile("(torch\\.)?(contiguous|preserve)_format");

    private Factories() {}

    static List<Declaration> declarations() {
        return List.of(
                operator(GraphBuilder.CONSTANT + "(Data data) -> Tensor")
                        .doc("Tensor data that stands in the graph itself")
                        .types(one(
                                call -> ((Constant) call.arg("data")).tensor().type())),
                filled("full(int[] size, Scalar fill_value, *" + OPTIONS + ")", Factories::sized, "fill_value", 0)
                        .doc("a tensor of one number"),
                filled("zeros(int[] size, *" + OPTIONS + ")", Factories::sized, "", 0)
                        .doc("zeros"),
                filled("ones(int[] size, *" + OPTIONS + ")", Factories::sized, "", 1)
                        .doc("ones"),
                filled("empty.memory_format(int[] size, *" + LIKE + ")", Factories::sized, "", 0)
                        .doc("zeros: nothing here is left without a value"),
                filled("empty_permuted(int[] size, int[] physical_layout, *" + OPTIONS + ")", Factories::sized, "", 0)
                        .doc("zeros; layouts mean nothing here"),
                filled("full_like(Tensor self, Scalar fill_value, *" + LIKE + ")", Factories::like, "fill_value", 0)
                        .doc("a tensor of one number, of the type of self"),
                filled("zeros_like(Tensor self, *" + LIKE + ")", Factories::like, "", 0)
                        .doc("zeros of the type of self"),
                filled("ones_like(Tensor self, *" + LIKE + ")", Factories::like, "", 1)
                        .doc("ones of the type of self"),
                filled("empty_like(Tensor self, *" + LIKE + ")", Factories::like, "", 0)
                        .doc("zeros of the type of self"),
                filled(
                                "new_full(Tensor self, int[] size, Scalar fill_value, *" + OPTIONS + ")",
                                Factories::newSized,
                                "fill_value",
                                0)
                        .doc("a tensor of one number, of the dtype of self"),
                filled("new_zeros(Tensor self, int[] size, *" + OPTIONS + ")", Factories::newSized, "", 0)
                        .doc("zeros of the dtype of self"),
                filled("new_ones(Tensor self, int[] size, *" + OPTIONS + ")", Factories::newSized, "", 1)
                        .doc("ones of the dtype of self"),
                filled("new_empty(Tensor self, int[] size, *" + OPTIONS + ")", Factories::newSized, "", 0)
                        .doc("zeros of the dtype of self"),
                filled("scalar_tensor(Scalar s, *" + OPTIONS + ")", Factories::scalar, "s", 0)
                        .doc("a number as a tensor without dimensions"),
                operator("arange.start_step(Scalar start, Scalar end, Scalar step=1, *" + OPTIONS + ") -> Tensor")
                        .overload("arange.start(Scalar start, Scalar end, *" + OPTIONS + ") -> Tensor")
                        .overload("arange(Scalar end, *" + OPTIONS + ") -> Tensor")
                        .doc("start, start + step, … before end; from 0 where there is no start")
                        .types(one(Factories::range))
                        .kernel(
                                "arange.start_step",
                                call -> withOptions(range(call), start(call), call.arg("end"), call.arg("step"))),
                operator("linspace(Scalar start, Scalar end, int steps, *" + OPTIONS + ") -> Tensor")
                        .doc("steps numbers from start to end, evenly spaced")
                        .types(one(Factories::spaced))
                        .kernel(
                                "linspace",
                                call -> withOptions(
                                        spaced(call), call.arg("start"), call.arg("end"), call.arg("steps"))),
                operator("eye.m(int n, int m, *" + OPTIONS + ") -> Tensor")
                        .overload("eye(int n, *" + OPTIONS + ") -> Tensor")
                        .doc("ones on the diagonal of zeros; a square matrix where there is no m")
                        .complex()
                        .types(one(Factories::identity))
                        .kernel("eye.m", call -> {
                            Shape shape = identity(call).shape();
                            return withOptions(
                                    identity(call), new Argument.Int(shape.dim(0)), new Argument.Int(shape.dim(1)));
                        }));
    }

    /** A tensor filled with a parameter's number, or where that is empty with a fixed one. */
    private static Declaration filled(String parameters, Function<Call, TensorType> type, String number, long fixed) {
        return operator(parameters + " -> Tensor")
                .complex()
                .types(one(call -> {
                    TensorType result = type.apply(call);
                    if (!number.isEmpty()) {
                        Require.fits(number, call.arg(number), result.dtype());
                    }
                    return result;
                }))
                .decompose(n -> {
                    TensorType result = type.apply(n.call());
                    Argument fill = number.isEmpty() ? new Argument.Int(fixed) : n.raw(number);
                    return Expr.of(n.builder(), fill).as(result.dtype()).expand(result.shape());
                });
    }

    /** What the kernel of a factory is given: its own arguments, the dtype, and nothing for the other options. */
    private static List<Argument> withOptions(TensorType type, Argument... own) {
        Stream<Argument> options =
                Stream.of(new Argument.Dtype(type.dtype()), Argument.NONE, Argument.NONE, Argument.NONE);
        return Stream.concat(Arrays.stream(own), options).toList();
    }

    /** The dtype asked for, once the other options are checked. */
    static DType dtype(Call call, DType ifNone) {
        requireText(call, "layout", LAYOUTS);
        requireText(call, "device", DEVICES);
        if (call.op().canonical().indexOf("memory_format") >= 0) {
            requireText(call, "memory_format", MEMORY_FORMATS);
        }
        return call.dtype("dtype", ifNone);
    }

    private static void requireText(Call call, String parameter, Pattern accepted) {
        if (call.has(parameter) && !accepted.matcher(call.text(parameter)).matches()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, parameter, "\"" + call.text(parameter) + "\" is not supported");
        }
    }

    private static TensorType sized(Call call) {
        boolean number = call.op().canonical().indexOf("fill_value") >= 0;
        return new TensorType(
                dtype(call, number ? natural(call.arg("fill_value")) : DType.DEFAULT_FLOATING), size(call));
    }

    static TensorType like(Call call) {
        return call.type("self").withDtype(dtype(call, call.type("self").dtype()));
    }

    private static TensorType newSized(Call call) {
        return new TensorType(dtype(call, call.type("self").dtype()), size(call));
    }

    private static TensorType scalar(Call call) {
        return new TensorType(dtype(call, DType.DEFAULT_FLOATING), Shape.SCALAR);
    }

    /** The dtype that a number has by itself. */
    private static DType natural(Argument number) {
        return switch (number) {
            case Argument.Bool _ -> DType.BOOL;
            case Argument.Int _ -> DType.INT64;
            case Argument.Complex _ -> DType.DEFAULT_FLOATING.toComplex();
            default -> DType.DEFAULT_FLOATING;
        };
    }

    static Shape size(Call call) {
        for (long size : call.ints("size")) {
            requireSize("size", size);
        }
        return Shape.of(call.ints("size"));
    }

    private static long requireSize(String parameter, long size) {
        if (size < 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, parameter, "has the negative size " + size);
        }
        return size;
    }

    private static Argument start(Call call) {
        return call.has("start") ? call.arg("start") : new Argument.Int(0);
    }

    private static TensorType range(Call call) {
        boolean integers = start(call) instanceof Argument.Int
                && call.arg("end") instanceof Argument.Int
                && call.arg("step") instanceof Argument.Int;
        DType dtype = notBool(dtype(call, integers ? DType.INT64 : DType.DEFAULT_FLOATING));
        double step = call.number("step");
        double first = call.has("start") ? call.number("start") : 0;
        double extent = call.number("end") - first;
        if (step == 0 || !Double.isFinite(step) || !Double.isFinite(extent) || extent / step < 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "step",
                    step + " does not lead from " + first + " to " + call.number("end"));
        }
        long count = integers
                ? Math.ceilDiv(Math.subtractExact(call.integer("end"), call.integer("start", 0)), call.integer("step"))
                : exactCount(Math.ceil(extent / step));
        return TensorType.of(dtype, count);
    }

    private static DType notBool(DType dtype) {
        Require.that(dtype != DType.BOOL, "dtype", "must be a number's, but is bool");
        return dtype;
    }

    private static long exactCount(double count) {
        if (count >= Long.MAX_VALUE) {
            throw new ArithmeticException("a range of " + count + " elements");
        }
        return (long) count;
    }

    private static TensorType spaced(Call call) {
        DType dtype = notBool(dtype(call, DType.DEFAULT_FLOATING));
        return TensorType.of(dtype, requireSize("steps", call.integer("steps")));
    }

    private static TensorType identity(Call call) {
        long rows = requireSize("n", call.integer("n"));
        long columns = call.has("m") ? requireSize("m", call.integer("m")) : rows;
        return TensorType.of(dtype(call, DType.DEFAULT_FLOATING), rows, columns);
    }
}

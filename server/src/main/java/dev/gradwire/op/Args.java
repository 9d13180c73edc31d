package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An operator's arguments as rules read them: tensors as expressions, the rest as Java values. */
public class Args {
    private final GraphBuilder builder;
    private final Call call;

    public Args(GraphBuilder builder, Call call) {
        this.builder = builder;
        this.call = call;
    }

    public GraphBuilder builder() {
        return builder;
    }

    public Call call() {
        return call;
    }

    /** A tensor argument (or a number in its place). */
    public Expr arg(String parameter) {
        return new Expr(builder, call.arg(parameter));
    }

    /** The first operand of most operators. */
    public Expr self() {
        return arg("self");
    }

    /** An operand of an elementwise operator as a tensor of the dtype in which the operator computes. */
    public Expr promoted(String parameter) {
        DType dtype = ((Overload) call.op())
                .declaration()
                .computeDtype(call)
                .orElseThrow(() -> new IllegalStateException(call.op().schema() + " does not promote"));
        return arg(parameter).as(dtype);
    }

    /** The argument as it is, for handing on. */
    public Argument raw(String parameter) {
        return call.arg(parameter);
    }

    /** A list of tensors. */
    public List<Expr> list(String parameter) {
        return Expr.wrap(builder, call.items(parameter));
    }

    /**
     * The data of a tensor on which shapes depend.
     *
     * @throws GraphException when it is no constant of the graph
     */
    public Tensor constant(String parameter) {
        Tensor data = constantOrNull(raw(parameter));
        if (data == null) {
            throw GraphException.argument(
                    Reason.NOT_CONSTANT,
                    parameter,
                    "must be a constant of the graph, as the shape of the result depends on it, but is "
                            + type(parameter) + " given as data");
        }
        return data;
    }

    /** The data of a constant of the graph, null for anything else. */
    @Nullable
    Tensor constantOrNull(Argument argument) {
        return argument instanceof Value value ? builder.constantOf(value) : null;
    }

    public boolean has(String parameter) {
        return call.has(parameter);
    }

    public Shape shape(String parameter) {
        return call.shape(parameter);
    }

    public TensorType type(String parameter) {
        return call.type(parameter);
    }

    public int rank(String parameter) {
        return call.type(parameter).rank();
    }

    public long integer(String parameter) {
        return call.integer(parameter);
    }

    /** A dimension argument of a tensor of this rank, counted from the front. */
    public int dim(String parameter, int rank) {
        return Dims.normalize(parameter, call.integer(parameter), rank);
    }

    /** Dimensions of {@code tensor} in {@code parameter}, from the front; None and an empty list mean all. */
    public long[] dims(String parameter, String tensor) {
        return Dims.all(call, parameter, rank(tensor));
    }

    public long[] ints(String parameter) {
        return call.ints(parameter);
    }

    public boolean bool(String parameter) {
        return call.bool(parameter);
    }

    public boolean[] bools(String parameter) {
        List<Argument> items = call.items(parameter);
        boolean[] bools = new boolean[items.size()];
        for (int i = 0; i < bools.length; i++) {
            bools[i] = items.get(i).equals(new Argument.Bool(true));
        }
        return bools;
    }

    public double number(String parameter) {
        return call.number(parameter);
    }

    public String text(String parameter) {
        return call.text(parameter);
    }

    public DType dtype(String parameter, DType ifNone) {
        return call.dtype(parameter, ifNone);
    }

    /** A constant tensor. */
    public Expr full(TensorType type, double fill) {
        return Expr.full(builder, type, fill);
    }

    /** Records the nodes of a function in the call's place. */
    public List<Expr> inline(String parameter, List<Expr> inputs) {
        return inline(builder, call.body(parameter), inputs);
    }

    /** @param inputs null for one that the body does not read */
    static List<Expr> inline(GraphBuilder builder, Body body, List<? extends @Nullable Expr> inputs) {
        List<@Nullable Value> values = new ArrayList<>();
        for (Expr input : inputs) {
            values.add(input == null ? null : input.value());
        }
        return Expr.wrap(builder, builder.inline(body.graph(), values));
    }

    /** A function of given input types, written as an expression of its inputs. */
    public Body body(String name, List<TensorType> inputs, UnaryOperator<List<Expr>> results) {
        GraphBuilder body = builder.another();
        List<Expr> parameters = new ArrayList<>();
        for (TensorType type : inputs) {
            Graph.Input input = new Graph.Input("p" + parameters.size(), new Value(0, type), false);
            parameters.add(Expr.of(body, body.copyInput(input)));
        }
        int next = 0;
        for (Expr result : results.apply(parameters)) {
            body.output("r" + next++, result.value());
        }
        return new Body(name, body.build());
    }

    /** Calls any operator whose first argument is not an expression. */
    public Expr call(String op, @Nullable Object... args) {
        return calls(op, args).getFirst();
    }

    public List<Expr> calls(String op, @Nullable Object... args) {
        List<Argument> arguments = Arrays.stream(args).map(Expr::argument).toList();
        return Expr.wrap(builder, builder.call(op, arguments));
    }
}

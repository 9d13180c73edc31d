package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Algebraic identities that hold for every IEEE value, NaN and signed zero included; each is a method with its
 * equation. {@code x + 0} is not among them (−0 + 0 = 0).
 */
record Simplify(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, operators, (node, builder) -> {
            Value simpler = simplify(node, builder);
            return simpler == null ? null : List.of(simpler);
        });
    }

    private static @Nullable Value simplify(Node node, GraphBuilder builder) {
        Call call = node.call();
        Value same = switch (node.op().canonical().name()) {
            case "mul" -> timesOne(call, builder);
            case "div" -> divideByOne(call, builder);
            case "neg" -> twice("neg", call, builder);
            case "_conj", "_conj_physical" -> twice(node.op().canonical().name(), call, builder);
            case "view", "expand", "_to_copy", "permute" -> identity(call, node);
            case "clone" -> copyOfDense(call, builder);
            case "transpose" -> doubleTransposition(call, builder);
            default -> null;
        };
        return same != null && same.type().equals(node.result().type()) ? same : null;
    }

    /** {@code x · 1 = x} and {@code 1 · x = x}. */
    private static @Nullable Value timesOne(Call call, GraphBuilder builder) {
        if (isOne(call.arg("other"), builder) && call.arg("self") instanceof Value value) {
            return value;
        }
        return isOne(call.arg("self"), builder) && call.arg("other") instanceof Value value ? value : null;
    }

    /** {@code x / 1 = x}. */
    private static @Nullable Value divideByOne(Call call, GraphBuilder builder) {
        boolean plain = call.op().canonical().indexOf("rounding_mode") < 0;
        return plain && isOne(call.arg("other"), builder) && call.arg("self") instanceof Value value ? value : null;
    }

    /** {@code −(−x) = x} and {@code conj(conj(x)) = x}: what undoes itself. */
    private static @Nullable Value twice(String op, Call call, GraphBuilder builder) {
        Node inner = producer(call.arg("self"), builder);
        if (inner == null || !inner.op().canonical().name().equals(op)) {
            return null;
        }
        return inner.call().arg("self") instanceof Value value ? value : null;
    }

    /** A view, cast or permutation that changes nothing. */
    private static @Nullable Value identity(Call call, Node node) {
        if (!(call.arg("self") instanceof Value value)
                || !value.type().equals(node.result().type())) {
            return null;
        }
        if (!node.op().canonical().name().equals("permute")) {
            return value;
        }
        long[] dims = call.ints("dims");
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] != i) {
                return null;
            }
        }
        return value;
    }

    /** A copy of what lies in row-major order already; of a view it may be what a kernel relies on. */
    private static @Nullable Value copyOfDense(Call call, GraphBuilder builder) {
        Node producer = producer(call.arg("self"), builder);
        boolean dense =
                producer != null && !((Overload) producer.op()).declaration().isView();
        return dense ? (Value) call.arg("self") : null;
    }

    /** {@code transpose(transpose(x, i, j), i, j) = x}. */
    private static @Nullable Value doubleTransposition(Call call, GraphBuilder builder) {
        Node inner = producer(call.arg("self"), builder);
        if (inner == null || !inner.op().canonical().name().equals("transpose")) {
            return null;
        }
        Call before = inner.call();
        boolean inverse = before.arg("dim0").equals(call.arg("dim0"))
                && before.arg("dim1").equals(call.arg("dim1"));
        return inverse && before.arg("self") instanceof Value value ? value : null;
    }

    private static @Nullable Node producer(Argument argument, GraphBuilder builder) {
        return argument instanceof Value value ? builder.producer(value) : null;
    }

    /** Whether a factor is the number 1, or a constant 1, expanded or not. */
    private static boolean isOne(Argument factor, GraphBuilder builder) {
        if (factor.equals(new Argument.Int(1)) || factor.equals(new Argument.Float(1))) {
            return true;
        }
        Node node = producer(factor, builder);
        while (node != null && ((Overload) node.op()).declaration().isView()) {
            node = producer(node.call().arg("self"), builder);
        }
        Tensor constant = node == null ? null : builder.constantOf(node.result());
        return constant != null && isOne(constant);
    }

    private static boolean isOne(Tensor tensor) {
        return tensor.type().rank() == 0 && !tensor.type().dtype().isComplex() && tensor.getDouble(0) == 1;
    }
}

package dev.gradwire.graph;

import java.util.List;
import java.util.function.Consumer;

/**
 * One application of an operator.
 *
 * @param name how errors and grad_fn speak of it; nodes that rewrites add carry the name of the client's node that
 *     they come from, so a name need not be unique after a rewrite
 * @param backward whether it computes a derivative of the node it is named after
 * @param op the overload that was called
 * @param args one for each parameter of {@link Operator#canonical()}
 * @param results its values, in order
 */
public record Node(String name, boolean backward, Operator op, List<Argument> args, List<Value> results) {
    public Node {
        args = List.copyOf(args);
        results = List.copyOf(results);
    }

    /** The same node with these arguments. */
    public Node withArgs(List<Argument> changed) {
        return changed.equals(args) ? this : new Node(name, backward, op, changed, results);
    }

    public Value result() {
        return results.getFirst();
    }

    /** Those of the results that its caller sees. */
    public List<Value> visibleResults() {
        return results.subList(0, op.visibleResults(call(), results.size()));
    }

    public Call call() {
        return new Call(op, args);
    }

    /** Gives every function among the arguments, in order. */
    public void forEachBody(Consumer<Argument.Body> consumer) {
        for (Argument arg : args) {
            if (arg instanceof Argument.Body body) {
                consumer.accept(body);
            }
        }
    }

    /** Gives every value among the arguments, those in lists too, in order. */
    public void forEachOperand(Consumer<Value> consumer) {
        for (Argument arg : args) {
            if (arg instanceof Value value) {
                consumer.accept(value);
            } else if (arg instanceof Argument.Items list) {
                for (Argument item : list.items()) {
                    if (item instanceof Value value) {
                        consumer.accept(value);
                    }
                }
            }
        }
    }
}

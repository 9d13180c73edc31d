package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code f(expand(a), expand(b))} becomes {@code expand(f(a, b))} for an elementwise f of single numbers a and b, and a sum
 * of n equal numbers becomes n times one of them.
 */
record ExpandLast(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, operators, (node, builder) -> {
            boolean sums = node.op().canonical().name().equals("sum");
            return sums ? sumOfEqual(node, builder) : rewrite(node, builder);
        });
    }

    /** Where the dimensions that are summed are those along which the operand repeats itself. */
    private static @Nullable List<Value> sumOfEqual(Node node, GraphBuilder builder) {
        Value self = (Value) node.args().getFirst();
        Node producer = builder.producer(self);
        Shape shape = self.type().shape();
        TensorType type = node.result().type();
        if (producer == null
                || !producer.op().canonical().name().equals("expand")
                || shape.elements() == 0
                || !type.dtype().equals(self.type().dtype())
                || !type.dtype().isFloating()) {
            return null;
        }
        Value source = (Value) producer.args().getFirst();
        Shape before = source.type().shape();
        Shape kept = keepingDims(node.call(), shape);
        Shape aligned = aligned(before, shape.rank());
        long count = 1;
        for (int i = 0; i < shape.rank(); i++) {
            boolean summed = kept.dim(i) != shape.dim(i);
            if (summed && aligned.dim(i) != 1) {
                return null;
            }
            count *= summed ? shape.dim(i) : 1;
        }
        Value factor = builder.constant(Tensor.scalar(type.dtype(), (double) count));
        Expr sum = Expr.of(builder, source).reshape(aligned).mul(Expr.of(builder, factor));
        return List.of(sum.expand(kept).reshape(type.shape()).value());
    }

    /** The shape that a sum has when it keeps the dimensions that are summed. */
    private static Shape keepingDims(Call call, Shape shape) {
        long[] sizes = shape.dims();
        long[] dims = switch (call.arg("dim")) {
            case Argument.None _ -> new long[0];
            case Argument.Int(long dim) -> new long[] {dim};
            default -> call.ints("dim");
        };
        if (dims.length == 0) {
            Arrays.fill(sizes, 1);
        }
        for (long dim : dims) {
            sizes[Math.floorMod(dim, shape.rank())] = 1;
        }
        return Shape.of(sizes);
    }

    /** With sizes of 1 before. */
    private static Shape aligned(Shape shape, int rank) {
        long[] dims = new long[rank];
        Arrays.fill(dims, 1);
        System.arraycopy(shape.dims(), 0, dims, rank - shape.rank(), shape.rank());
        return Shape.of(dims);
    }

    private static @Nullable List<Value> rewrite(Node node, GraphBuilder builder) {
        Declaration declaration = ((Overload) node.op()).declaration();
        if (node.results().size() != 1
                || node.result().type().shape().elements() <= 1
                || declaration.computeDtype(node.call()).isEmpty()) {
            return null;
        }
        List<Argument> args = new ArrayList<>(node.args());
        boolean any = false;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i) instanceof Value value) {
                Value single = single(value, builder);
                if (single == null) {
                    return null;
                }
                args.set(i, Expr.of(builder, single).reshape(Shape.SCALAR).value());
                any = true;
            }
        }
        if (!any) {
            return null;
        }
        Value result = builder.apply(node.op(), args).getFirst();
        return List.of(
                Expr.of(builder, result).expand(node.result().type().shape()).value());
    }

    /** The one element that a value repeats; null where it is made of more. */
    private static @Nullable Value single(Value value, GraphBuilder builder) {
        Value current = value;
        while (current.type().shape().elements() != 1) {
            Node producer = builder.producer(current);
            if (producer == null
                    || !((Overload) producer.op()).declaration().isView()
                    || !(producer.args().getFirst() instanceof Value viewed)) {
                return null;
            }
            current = viewed;
        }
        return current;
    }
}

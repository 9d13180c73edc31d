package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes promotion explicit, so that kernels see operands of one dtype: casts operands of elementwise operators to the
 * dtype they compute in, and turns numbers in the place of tensors into constants.
 */
record SettleTypes(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, operators, SettleTypes::settle);
    }

    private static @Nullable List<Value> settle(Node node, GraphBuilder builder) {
        Declaration declaration = ((Overload) node.op()).declaration();
        DType compute = declaration.computeDtype(node.call()).orElse(null);
        List<Argument> args = new ArrayList<>();
        for (Parameter parameter : declaration.canonical().parameters()) {
            Argument arg = node.call().arg(parameter.name());
            boolean promoted = compute != null && declaration.isPromoted(parameter.name());
            boolean tensor = parameter.isTensor() || promoted;
            args.add(tensor ? settle(arg, promoted ? compute : null, builder) : arg);
        }
        return args.equals(node.args()) ? null : builder.apply(node.op(), args);
    }

    private static Argument settle(Argument arg, @Nullable DType compute, GraphBuilder builder) {
        if (arg instanceof Value value) {
            return compute == null ? value : Expr.of(builder, value).to(compute).argument();
        }
        if (!arg.isNumber()) {
            return arg;
        }
        DType dtype = compute != null ? compute : Expr.of(builder, arg).dtype();
        return builder.constant(
                switch (arg) {
                    case Argument.Int(long number) -> Tensor.scalar(dtype, number);
                    case Argument.Float(double number) -> Tensor.scalar(dtype, number);
                    case Argument.Bool(boolean bool) -> Tensor.scalar(dtype, bool ? 1L : 0L);
                    default -> throw new IllegalStateException("not a real number: " + arg);
                });
    }
}
